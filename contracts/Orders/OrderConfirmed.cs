namespace ShopSaga.Contracts.Orders;

/// <summary>The order is paid. It can still be cancelled: <see cref="OrderCancelled"/> follows then.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="PaymentId">The payment that paid it.</param>
/// <param name="ConfirmedAt">UTC.</param>
public sealed record OrderConfirmed(long OrderId, long PaymentId, DateTimeOffset ConfirmedAt);
