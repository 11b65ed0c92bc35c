using ShopSaga.Orders.Lifecycle;
using static ShopSaga.Contracts.Orders.CancelReason;
using static ShopSaga.Orders.Lifecycle.OrderStatus;
using static ShopSaga.Orders.Lifecycle.OrderTrigger;
using CancelReason = ShopSaga.Contracts.Orders.CancelReason;

namespace ShopSaga.Tests.Unit.Orders;

/// <summary>The table of transitions: every status by every trigger, with every history that matters.</summary>
internal sealed class When_an_order_changes_its_status
{
    private const string Same = "same";
    private const string Never = "never";

    // Rows: triggers. Columns: PENDING, CONFIRMED, CANCELLING, CANCELLED, with nothing compensated yet.
    private static readonly Dictionary<OrderTrigger, string[]> Table = new()
    {
        [OrderPlaced] = [Never, Never, Never, Never],
        [StockReserved] = [Same, Same, Same, Same],
        [StockRejected] = ["CANCELLED OUT_OF_STOCK", Never, "CANCELLED", Same],
        [StockReleased] = [Same, Same, Same, Same],
        [StockCommitted] = [Same, Same, Same, Same],
        [PaymentCompleted] = ["CONFIRMED", Same, Same, Same],
        [PaymentFailed] = ["CANCELLING PAYMENT_DECLINED", Same, Same, Same],
        [PaymentRefunded] = ["CANCELLING SHOP", "CANCELLING SHOP", Same, Same],
        [OrderConfirmed] = [Never, Never, Never, Never],
        [OrderCancelled] = [Never, Never, Never, Never],
        [CancelRequested] = ["CANCELLING CUSTOMER", "CANCELLING CUSTOMER", Same, Same],
        [Expired] = ["CANCELLING EXPIRED", Same, Same, Same],
    };

    private static readonly OrderTrigger[] Compensations = [StockRejected, StockReleased, PaymentFailed, PaymentRefunded];

    [Test]
    public void Should_know_every_trigger() => Assert.That(Table.Keys, Is.EquivalentTo(Enum.GetValues<OrderTrigger>()));

    [Test]
    public void Should_be_pending_when_it_is_placed_and_nothing_else_can_happen_before([Values] OrderTrigger trigger) =>
        Assert.That(Next(null, trigger, []), Is.EqualTo(trigger is OrderPlaced ? "PENDING" : Never));

    [Test]
    public void Should_be_final_when_it_waits_for_no_other_service([Values] OrderStatus status) =>
        Assert.That(status.IsFinal(), Is.EqualTo(status is CONFIRMED or CANCELLED));

    [Test]
    public void Should_follow_the_table_while_nothing_else_is_compensated(
        [Values] OrderStatus status,
        [Values] OrderTrigger trigger) =>
        Assert.That(Next(status, trigger, []), Is.EqualTo(Table[trigger][(int)status]));

    [Test]
    public void Should_be_cancelled_exactly_when_nothing_is_owed_any_more(
        [Values] OrderStatus status,
        [Values] OrderTrigger trigger,
        [Range(0, 15)] int history)
    {
        HashSet<OrderTrigger> before = [.. Compensations.Where((_, bit) => (history & (1 << bit)) != 0)];
        var expected = Table[trigger][(int)status];
        if (expected.StartsWith("CANCELLING", StringComparison.Ordinal) && IsCompensated([.. before, trigger]))
        {
            expected = expected.Replace("CANCELLING", "CANCELLED", StringComparison.Ordinal);
        }
        else if (status is CANCELLING && Compensations.Contains(trigger) && IsCompensated([.. before, trigger]))
        {
            expected = "CANCELLED";
        }

        Assert.That(Next(status, trigger, before), Is.EqualTo(expected));
    }

    [TestCase(StockReleased, PaymentFailed, PAYMENT_DECLINED)]
    [TestCase(StockReleased, PaymentRefunded, SHOP)]
    public void Should_be_cancelled_at_once_when_the_stock_is_back_before_the_money(
        OrderTrigger first, OrderTrigger second, CancelReason reason) =>
        Assert.That(
            Transitions.Next(PENDING, second, new HashSet<OrderTrigger> { first, second }),
            Is.EqualTo(new Transition(CANCELLED, reason)));

    [Test]
    public void Should_keep_its_reason_when_the_last_compensation_arrives() =>
        Assert.That(
            Transitions.Next(CANCELLING, StockReleased, new HashSet<OrderTrigger> { PaymentRefunded, StockReleased }),
            Is.EqualTo(new Transition(CANCELLED)));

    [Test]
    public void Should_wait_for_the_refund_when_a_payment_failed_and_was_captured_after_all()
    {
        HashSet<OrderTrigger> history = [PaymentFailed, PaymentCompleted, StockReleased];

        Assert.That(Transitions.Next(CANCELLING, StockReleased, history), Is.Null);
        Assert.That(Transitions.Missing(CANCELLING, history), Is.EqualTo(new[] { "PaymentRefunded or PaymentFailed" }));
        Assert.That(
            Transitions.Next(CANCELLING, PaymentRefunded, new HashSet<OrderTrigger>([.. history, PaymentRefunded])),
            Is.EqualTo(new Transition(CANCELLED)));
    }

    private static bool IsCompensated(HashSet<OrderTrigger> history) =>
        history.Contains(StockRejected) || (history.Contains(StockReleased) && history.Overlaps([PaymentFailed, PaymentRefunded]));

    private static string Next(OrderStatus? status, OrderTrigger trigger, HashSet<OrderTrigger> before)
    {
        try
        {
            var next = Transitions.Next(status, trigger, new HashSet<OrderTrigger>([.. before, trigger]));
            return next is null ? Same : $"{next.Status} {next.Reason}".TrimEnd();
        }
        catch (InvalidOperationException)
        {
            return Never;
        }
    }
}
