namespace ShopSaga.Contracts.Products;

/// <summary>The order's reservation is final: its units are sold.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="CommittedAt">UTC.</param>
public sealed record StockCommitted(long OrderId, DateTimeOffset CommittedAt);
