namespace ShopSaga.Payments.Provider;

/// <summary>A refund as the provider has it.</summary>
internal sealed record ProviderRefund(long Id, DateTimeOffset RefundedAt);
