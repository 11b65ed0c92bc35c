namespace ShopSaga.Contracts.Products;

/// <summary>
/// The units that the order reserved are sold. <see cref="StockReleased"/> follows if the order is cancelled later.
/// </summary>
/// <param name="OrderId">The order.</param>
/// <param name="CommittedAt">UTC.</param>
public sealed record StockCommitted(long OrderId, DateTimeOffset CommittedAt);
