namespace ShopSaga.Payments.Provider;

/// <summary>A refund as the provider has it.</summary>
/// <param name="Id">The provider's number.</param>
/// <param name="RefundedAt">When the money went back.</param>
/// <param name="Amount">Won; null in a message from a version of Payments that did not carry it.</param>
internal sealed record ProviderRefund(long Id, DateTimeOffset RefundedAt, long? Amount = null);
