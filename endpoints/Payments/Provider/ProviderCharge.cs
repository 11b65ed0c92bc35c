namespace ShopSaga.Payments.Provider;

/// <summary>
/// A charge as the provider has it: CHARGED (since <paramref name="ChargedAt"/>), or DECLINED (for a reason), VOIDED or otherwise without
/// money.
/// </summary>
internal sealed record ProviderCharge(long Id, string Status, long? Amount, string? DeclineReason, DateTimeOffset? ChargedAt)
{
    /// <summary>Whether the provider holds the customer's money for the shop.</summary>
    public bool IsCaptured => ChargedAt is not null && Status == "CHARGED";
}
