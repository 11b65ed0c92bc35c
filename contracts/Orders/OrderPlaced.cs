namespace ShopSaga.Contracts.Orders;

/// <summary>A customer placed an order; nothing is reserved or charged yet.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="UserId">The customer.</param>
/// <param name="Lines">1 to 100, one for each product.</param>
/// <param name="TotalAmount">Won; the sum over the lines.</param>
/// <param name="PaymentMethod">The payment method that the provider is asked to charge.</param>
/// <param name="PlacedAt">UTC.</param>
public sealed record OrderPlaced(
    long OrderId,
    long UserId,
    IReadOnlyList<OrderLine> Lines,
    long TotalAmount,
    string PaymentMethod,
    DateTimeOffset PlacedAt);

/// <summary>One product of an order.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Quantity">Units, 1 to 1,000.</param>
/// <param name="UnitPrice">Won, as quoted when the order was placed.</param>
public sealed record OrderLine(long ProductId, int Quantity, int UnitPrice);
