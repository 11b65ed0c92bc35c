namespace ShopSaga.Contracts.Payments;

/// <summary>No money was taken for the order, and none will be.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Reason">Why, in upper case: the word of the provider, or ORDER_CANCELLED.</param>
/// <param name="FailedAt">UTC.</param>
public sealed record PaymentFailed(long OrderId, string Reason, DateTimeOffset FailedAt);
