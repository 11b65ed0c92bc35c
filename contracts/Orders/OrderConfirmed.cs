namespace ShopSaga.Contracts.Orders;

/// <summary>The order is paid and will be delivered.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="PaymentId">The payment that paid it.</param>
/// <param name="ConfirmedAt">UTC.</param>
public sealed record OrderConfirmed(long OrderId, long PaymentId, DateTimeOffset ConfirmedAt);
