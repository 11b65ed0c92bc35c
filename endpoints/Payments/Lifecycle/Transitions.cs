using static ShopSaga.Payments.Lifecycle.PaymentStatus;
using static ShopSaga.Payments.Lifecycle.PaymentTrigger;

namespace ShopSaga.Payments.Lifecycle;

/// <summary>The one table of how a payment's status changes.</summary>
internal static class Transitions
{
    /// <summary>The status that follows when something happens to a payment, or null where nothing changes.</summary>
    /// <param name="status">Where the payment stands; null before there is one.</param>
    /// <param name="trigger">What happens.</param>
    /// <exception cref="InvalidOperationException">This cannot happen to such a payment.</exception>
    public static PaymentStatus? Next(PaymentStatus? status, PaymentTrigger trigger) => (status, trigger) switch
    {
        (null, ChargeAllowed) => PENDING,
        (PENDING or UNKNOWN, ChargeSucceeded) => COMPLETED,
        (PENDING or UNKNOWN, ChargeFailed) => FAILED,
        (PENDING or UNKNOWN, ChargeUnanswered) => UNKNOWN,
        (COMPLETED, RefundRequested) => REFUNDING,
        (REFUNDING, RefundSucceeded) => REFUNDED,

        // The provider changes its mind. The shop follows, since the money is where the provider says.
        (COMPLETED, RefundSucceeded) => REFUNDED,
        (COMPLETED or REFUNDING, ChargeReversed) => REFUNDED,
        (FAILED, ChargeSucceeded) => COMPLETED,

        // Heard again, or heard late: an answer, a webhook and a delayed question can all carry the same news.
        (COMPLETED or REFUNDING or REFUNDED, ChargeSucceeded) => null,
        (COMPLETED or FAILED or REFUNDING or REFUNDED, ChargeFailed or ChargeUnanswered) => null,
        (FAILED or REFUNDING or REFUNDED, RefundRequested) => null,
        (FAILED or REFUNDED, RefundSucceeded or ChargeReversed) => null,

        _ => throw new InvalidOperationException($"{trigger} cannot happen to a payment that is {status?.ToString() ?? "not there"}."),
    };
}
