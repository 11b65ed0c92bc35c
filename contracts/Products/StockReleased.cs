namespace ShopSaga.Contracts.Products;

/// <summary>No stock is reserved for the order, and none will be.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="ReleasedAt">UTC.</param>
public sealed record StockReleased(long OrderId, DateTimeOffset ReleasedAt);
