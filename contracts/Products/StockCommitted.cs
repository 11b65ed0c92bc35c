namespace ShopSaga.Contracts.Products;

/// <summary>What was set aside for the order has left the stock for good.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="CommittedAt">UTC.</param>
public sealed record StockCommitted(long OrderId, DateTimeOffset CommittedAt);
