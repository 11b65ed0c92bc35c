namespace ShopSaga.Payments.Provider;

/// <summary>A charge as the provider has it: CHARGED (since <paramref name="ChargedAt"/>), DECLINED (for a reason) or VOIDED.</summary>
internal sealed record ProviderCharge(long Id, string Status, long? Amount, string? DeclineReason, DateTimeOffset? ChargedAt);
