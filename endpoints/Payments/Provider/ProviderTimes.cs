using ShopSaga.Payments.Lifecycle;

namespace ShopSaga.Payments.Provider;

/// <summary>
/// Checks the times that the provider states, and replaces those out of bounds. They decide the business date in the ledger, and closed
/// days cannot be opened again.
/// </summary>
internal static class ProviderTimes
{
    /// <summary>How far the provider's clock may differ from ours.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>The stated time, or the present when the stated time is before <paramref name="earliest"/> or in the future.</summary>
    public static DateTimeOffset Bounded(
        this DateTimeOffset stated, DateTimeOffset earliest, TimeProvider time, Payment payment, ILogger logger)
    {
        var now = time.GetUtcNow();
        if (stated >= earliest - Tolerance && stated <= now + Tolerance)
        {
            return stated;
        }

        logger.LogWarning(
            LogEvents.ProviderTimeOutOfBounds,
            "The provider states {Stated} for payment {PaymentId} of order {OrderId}, not between {Earliest} and now; {Now} is recorded",
            stated,
            payment.Id,
            payment.OrderId,
            earliest,
            now);
        return now;
    }
}
