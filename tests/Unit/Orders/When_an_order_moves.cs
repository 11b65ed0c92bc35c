using ShopSaga.Orders.Lifecycle;
using static ShopSaga.Contracts.Orders.CancelReason;
using static ShopSaga.Orders.Lifecycle.Happening;
using static ShopSaga.Orders.Lifecycle.OrderStatus;
using CancelReason = ShopSaga.Contracts.Orders.CancelReason;

namespace ShopSaga.Tests.Unit.Orders;

/// <summary>The table of transitions, every status by every happening, with every history that matters.</summary>
internal sealed class When_an_order_moves
{
    private const string Same = "same";
    private const string Never = "never";

    // Rows: what happens. Columns: PENDING, CONFIRMED, CANCELLING, CANCELLED, with nothing reversed yet.
    private static readonly Dictionary<Happening, string[]> Table = new()
    {
        [OrderPlaced] = [Never, Never, Never, Never],
        [StockReserved] = [Same, Same, Same, Same],
        [StockRejected] = ["CANCELLED OUT_OF_STOCK", Never, "CANCELLED", Same],
        [StockReleased] = [Same, Same, Same, Same],
        [StockCommitted] = [Same, Same, Same, Same],
        [PaymentCompleted] = ["CONFIRMED", Same, Same, Same],
        [PaymentFailed] = ["CANCELLING PAYMENT_DECLINED", Never, Same, Same],
        [PaymentRefunded] = ["CANCELLING SHOP", "CANCELLING SHOP", Same, Same],
        [OrderConfirmed] = [Never, Never, Never, Never],
        [OrderCancelled] = [Never, Never, Never, Never],
        [CancelRequested] = ["CANCELLING CUSTOMER", "CANCELLING CUSTOMER", Same, Same],
        [Expired] = ["CANCELLING EXPIRED", Same, Same, Same],
    };

    private static readonly Happening[] Reversals = [StockRejected, StockReleased, PaymentFailed, PaymentRefunded];

    [Test]
    public void Should_know_every_happening() => Assert.That(Table.Keys, Is.EquivalentTo(Enum.GetValues<Happening>()));

    [Test]
    public void Should_follow_the_table_while_nothing_else_is_reversed(
        [Values] OrderStatus status,
        [Values] Happening happening) =>
        Assert.That(Outcome(status, happening, []), Is.EqualTo(Table[happening][(int)status]));

    [Test]
    public void Should_be_cancelled_exactly_when_nothing_is_owed_any_more(
        [Values] OrderStatus status,
        [Values] Happening happening,
        [Range(0, 15)] int heard)
    {
        HashSet<Happening> before = [.. Reversals.Where((_, bit) => (heard & (1 << bit)) != 0)];
        var expected = Table[happening][(int)status];
        if (expected.StartsWith("CANCELLING", StringComparison.Ordinal) && NothingIsOwed([.. before, happening]))
        {
            expected = expected.Replace("CANCELLING", "CANCELLED", StringComparison.Ordinal);
        }
        else if (status is CANCELLING && Reversals.Contains(happening) && NothingIsOwed([.. before, happening]))
        {
            expected = "CANCELLED";
        }

        Assert.That(Outcome(status, happening, before), Is.EqualTo(expected));
    }

    [TestCase(StockReleased, PaymentFailed, PAYMENT_DECLINED)]
    [TestCase(StockReleased, PaymentRefunded, SHOP)]
    public void Should_be_cancelled_at_once_when_the_stock_is_back_before_the_money(Happening first, Happening second, CancelReason reason) =>
        Assert.That(Transitions.Next(PENDING, second, new HashSet<Happening> { first, second }), Is.EqualTo(new Transition(CANCELLED, reason)));

    [Test]
    public void Should_keep_its_reason_when_the_last_reversal_arrives() =>
        Assert.That(
            Transitions.Next(CANCELLING, StockReleased, new HashSet<Happening> { PaymentRefunded, StockReleased }),
            Is.EqualTo(new Transition(CANCELLED)));

    private static bool NothingIsOwed(HashSet<Happening> heard) =>
        heard.Contains(StockRejected) || (heard.Contains(StockReleased) && heard.Overlaps([PaymentFailed, PaymentRefunded]));

    private static string Outcome(OrderStatus status, Happening happening, HashSet<Happening> before)
    {
        try
        {
            var next = Transitions.Next(status, happening, new HashSet<Happening>([.. before, happening]));
            return next is null ? Same : $"{next.Status} {next.Reason}".TrimEnd();
        }
        catch (InvalidOperationException)
        {
            return Never;
        }
    }
}
