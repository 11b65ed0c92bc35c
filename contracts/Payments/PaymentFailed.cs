namespace ShopSaga.Contracts.Payments;

/// <summary>
/// No money was captured for the order. If the provider captures it after all, <see cref="PaymentCompleted"/> follows, and its refund.
/// </summary>
/// <param name="OrderId">The order.</param>
/// <param name="Reason">Why: a <see cref="PaymentFailureReason"/>, or the provider's own decline reason.</param>
/// <param name="FailedAt">UTC.</param>
public sealed record PaymentFailed(long OrderId, string Reason, DateTimeOffset FailedAt);
