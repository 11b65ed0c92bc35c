namespace ShopSaga.Contracts.Orders;

/// <summary>The order was cancelled; each service compensates what it did for it.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Reason">The name of a <see cref="CancelReason"/>.</param>
/// <param name="CancelledAt">UTC.</param>
public sealed record OrderCancelled(long OrderId, string Reason, DateTimeOffset CancelledAt);
