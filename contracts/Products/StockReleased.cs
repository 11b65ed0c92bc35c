namespace ShopSaga.Contracts.Products;

/// <summary>Nothing is set aside for the order any more, and nothing will be.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="ReleasedAt">UTC.</param>
public sealed record StockReleased(long OrderId, DateTimeOffset ReleasedAt);
