namespace ShopSaga.Contracts.Orders;

/// <summary>The order will not happen; whatever was done for it is reversed by who did it.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Reason">OUT_OF_STOCK, PAYMENT_DECLINED, EXPIRED, CUSTOMER or SHOP.</param>
/// <param name="CancelledAt">UTC.</param>
public sealed record OrderCancelled(long OrderId, string Reason, DateTimeOffset CancelledAt);
