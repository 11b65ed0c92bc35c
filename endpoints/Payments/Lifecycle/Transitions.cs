using static ShopSaga.Payments.Lifecycle.PaymentStatus;
using static ShopSaga.Payments.Lifecycle.PaymentTrigger;

namespace ShopSaga.Payments.Lifecycle;

/// <summary>The table of transitions of a payment.</summary>
internal static class Transitions
{
    /// <summary>The status that the trigger leads to, or null where the status stays.</summary>
    /// <param name="status">The current status; null before there is a payment.</param>
    /// <param name="trigger">What happened.</param>
    /// <exception cref="InvalidOperationException">The table does not list the pair: a sender broke the protocol.</exception>
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

        // Handled again, or late: a response, a webhook and a ResolvePayment can all carry the same news.
        (COMPLETED or REFUNDING or REFUNDED, ChargeSucceeded) => null,
        (COMPLETED or FAILED or REFUNDING or REFUNDED, ChargeFailed or ChargeUnanswered) => null,
        (FAILED or REFUNDING or REFUNDED, RefundRequested) => null,
        (FAILED or REFUNDED, RefundSucceeded or ChargeReversed) => null,

        _ => throw new InvalidOperationException($"{trigger} cannot happen to a payment that is {status?.ToString() ?? "not there"}."),
    };
}
