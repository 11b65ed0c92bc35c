namespace ShopSaga.Contracts.Payments;

/// <summary>
/// The values of <see cref="PaymentFailed.Reason"/> that Payments gives itself. Any other value is the provider's own decline reason.
/// </summary>
public static class PaymentFailureReason
{
    /// <summary>The provider declined without giving a reason.</summary>
    public const string Declined = "DECLINED";

    /// <summary>The order was cancelled before it was charged.</summary>
    public const string OrderCancelled = "ORDER_CANCELLED";

    /// <summary>The provider did not know the charge, and Payments had its key voided.</summary>
    public const string ProviderTimeout = "PROVIDER_TIMEOUT";

    /// <summary>The provider could not be reached, and no charge was sent.</summary>
    public const string ProviderUnavailable = "PROVIDER_UNAVAILABLE";
}
