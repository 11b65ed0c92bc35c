namespace ShopSaga.Contracts.Products;

/// <summary>Every line of the order is reserved.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="ReservedAt">UTC.</param>
public sealed record StockReserved(long OrderId, DateTimeOffset ReservedAt);
