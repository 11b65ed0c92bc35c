using ShopSaga.Payments.Lifecycle;
using static ShopSaga.Payments.Lifecycle.PaymentStatus;
using static ShopSaga.Payments.Lifecycle.PaymentTrigger;

namespace ShopSaga.Tests.Unit.Payments;

internal sealed class When_a_payment_changes_status
{
    private static readonly Dictionary<(PaymentStatus? From, PaymentTrigger Trigger), PaymentStatus> Moves = new()
    {
        [(null, ChargeAllowed)] = PENDING,
        [(PENDING, ChargeSucceeded)] = COMPLETED,
        [(PENDING, ChargeFailed)] = FAILED,
        [(PENDING, ChargeUnanswered)] = UNKNOWN,
        [(UNKNOWN, ChargeSucceeded)] = COMPLETED,
        [(UNKNOWN, ChargeFailed)] = FAILED,
        [(UNKNOWN, ChargeUnanswered)] = UNKNOWN,
        [(COMPLETED, RefundRequested)] = REFUNDING,
        [(REFUNDING, RefundSucceeded)] = REFUNDED,
        [(COMPLETED, RefundSucceeded)] = REFUNDED,
        [(COMPLETED, ChargeReversed)] = REFUNDED,
        [(REFUNDING, ChargeReversed)] = REFUNDED,
        [(FAILED, ChargeSucceeded)] = COMPLETED,
    };

    private static readonly HashSet<(PaymentStatus? From, PaymentTrigger Trigger)> Ignored =
    [
        (COMPLETED, ChargeSucceeded), (REFUNDING, ChargeSucceeded), (REFUNDED, ChargeSucceeded),
        (COMPLETED, ChargeFailed), (FAILED, ChargeFailed), (REFUNDING, ChargeFailed), (REFUNDED, ChargeFailed),
        (COMPLETED, ChargeUnanswered), (FAILED, ChargeUnanswered), (REFUNDING, ChargeUnanswered), (REFUNDED, ChargeUnanswered),
        (FAILED, RefundRequested), (REFUNDING, RefundRequested), (REFUNDED, RefundRequested),
        (FAILED, RefundSucceeded), (REFUNDED, RefundSucceeded),
        (FAILED, ChargeReversed), (REFUNDED, ChargeReversed),
    ];

    [Test]
    public void Should_move_or_stay_as_the_table_says_and_refuse_everything_else(
        [Values(null, PENDING, UNKNOWN, COMPLETED, FAILED, REFUNDING, REFUNDED)] PaymentStatus? from, [Values] PaymentTrigger trigger)
    {
        if (Moves.TryGetValue((from, trigger), out var to))
        {
            Assert.That(Transitions.Next(from, trigger), Is.EqualTo(to));
        }
        else if (Ignored.Contains((from, trigger)))
        {
            Assert.That(Transitions.Next(from, trigger), Is.Null);
        }
        else
        {
            Assert.That(
                () => Transitions.Next(from, trigger),
                Throws.InvalidOperationException.With.Message.Contains(
                    $"{trigger} cannot happen to a payment that is {from?.ToString() ?? "not there"}"));
        }
    }
}
