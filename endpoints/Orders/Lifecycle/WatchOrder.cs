namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// Command: cancel the order as EXPIRED if it is still PENDING. Sent with every order, and delivered at its expiry. The name is on the
/// wire.
/// </summary>
internal sealed record WatchOrder(long OrderId, DateTimeOffset PlacedAt);
