using ShopSaga.Contracts.Settlement;
using ShopSaga.Settlement.Reporting;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

internal sealed class When_a_day_is_closed
{
    private TestBooks _books = null!;

    [SetUp]
    public async Task SetUp() => _books = await TestBooks.Open();

    [TearDown]
    public async Task TearDown()
    {
        await _books.AssertTotalsAreTheSums();
        await _books.AssertSettlementsAreTheSums();
        await _books.DisposeAsync();
    }

    [Test]
    public async Task Should_store_and_publish_its_figures_once_however_often_it_is_closed()
    {
        await _books.Handle(Completed(1, 30_000, "2026-03-01T03:00:00Z"));
        await _books.Handle(Completed(2, 12_000, "2026-03-01T04:00:00Z"));
        await _books.Handle(Refunded(2, 12_000, "2026-03-01T05:00:00Z"));

        var closed = await _books.Close(Date("2026-03-01"));

        Assert.That(closed, Is.EqualTo(new DailySettlement(Date("2026-03-01"), 42_000, 2, 12_000, 1, 30_000, "CLOSED")));
        Assert.That(await _books.Close(Date("2026-03-01")), Is.EqualTo(closed));
        Assert.That(await _books.Settlement(Date("2026-03-01")), Is.EqualTo(closed));
        Assert.That(_books.Published, Is.EqualTo(new[] { new DailySettlementClosed(Date("2026-03-01"), 42_000, 2) }));
    }

    [Test]
    public async Task Should_close_a_day_without_entries_with_zeros()
    {
        await _books.Close(Date("2026-03-01"));

        Assert.That(
            await _books.Settlement(Date("2026-03-01")), Is.EqualTo(new DailySettlement(Date("2026-03-01"), 0, 0, 0, 0, 0, "CLOSED")));
        Assert.That(_books.Published, Is.EqualTo(new[] { new DailySettlementClosed(Date("2026-03-01"), 0, 0) }));
    }

    // In Seoul midnight is at 15:00 UTC.
    [TestCase("2026-03-01T14:59:59.999Z", "2026-03-01", "2026-03-02", TestName = "Late for a closed day, in the next day")]
    [TestCase("2026-03-31T14:59:59.999Z", "2026-03-31", "2026-04-01", TestName = "At the end of a month, in the next month")]
    [TestCase("2026-12-31T14:59:59.999999Z", "2026-12-31", "2027-01-01", TestName = "At the end of a year, in the next year")]
    [TestCase("2028-02-28T14:59:59.999Z", "2028-02-28", "2028-02-29", TestName = "Before a leap day, on the leap day")]
    [TestCase("2028-02-29T14:59:59.999Z", "2028-02-29", "2028-03-01", TestName = "On a leap day, on the first of March")]
    public async Task Should_count_late_events_in_the_next_day(string at, string closed, string next)
    {
        await _books.Handle(Completed(1, 500, at));
        await _books.Close(Date(closed));
        await _books.Handle(Completed(2, 70, at));
        await _books.Handle(Refunded(1, 500, at));

        Assert.That(await _books.Day(closed), Is.EqualTo(new Totals(500, 1, 0, 0)));
        Assert.That(await _books.Day(next), Is.EqualTo(new Totals(70, 1, 500, 1)));
    }

    [Test]
    public async Task Should_keep_the_type_and_the_day_of_an_adjustment()
    {
        await _books.Close(Date("2026-03-01"));
        await _books.Handle(Refunded(1, 500, "2026-03-01T03:00:00Z"));

        Assert.That(
            await _books.Database.QuerySingle<(string, string, long, DateOnly, DateOnly)>(
                "SELECT kind, fact, payment_id, business_date, report_date FROM entries"),
            Is.EqualTo(("ADJUSTMENT", "REFUND", 1L, Date("2026-03-01"), Date("2026-03-02"))));
    }

    [Test]
    public async Task Should_pass_over_days_that_are_closed_and_stop_at_the_first_open_one()
    {
        await _books.Close("2026-03-01", "2026-03-04");
        await _books.Close("2026-03-06", "2026-03-09");

        await _books.Handle(Completed(1, 500, "2026-03-02T03:00:00Z"));
        Assert.That(await _books.Day("2026-03-05"), Is.EqualTo(new Totals(500, 1, 0, 0)));

        await _books.Close(Date("2026-03-05"));
        await _books.Handle(Completed(2, 70, "2026-03-02T03:00:00Z"));
        Assert.That(await _books.Day("2026-03-10"), Is.EqualTo(new Totals(70, 1, 0, 0)));
    }

    [Test]
    public async Task Should_not_take_a_duplicate_of_an_entry_for_a_late_event()
    {
        await _books.Handle(Completed(1, 500, "2026-03-01T03:00:00Z"));
        await _books.Close(Date("2026-03-01"));
        await _books.Handle(Completed(1, 500, "2026-03-01T03:00:00Z"));

        Assert.That(await _books.Day("2026-03-02"), Is.EqualTo(Totals.Zero));
    }

    [Test]
    public async Task Should_wait_for_entries_that_are_being_written()
    {
        await using var entering = await TestSqlSession.Begin(_books.Database.Source);
        await _books.Handle(Completed(1, 500, "2026-03-01T03:00:00Z"), entering);

        var closing = Task.Run(() => _books.Close(Date("2026-03-01")));
        _books.AwaitLockWait();
        await entering.Commit();

        Assert.That((await closing).TotalAmount, Is.EqualTo(500));
    }

    [Test]
    public async Task Should_make_entries_wait_for_the_close_and_count_them_in_the_next_day()
    {
        await using var session = await TestSqlSession.Begin(_books.Database.Source);
        var closing = await _books.Close(Date("2026-03-01"), session);

        var entering = Task.Run(() => _books.Handle(Completed(1, 500, "2026-03-01T03:00:00Z")));
        _books.AwaitLockWait();
        await closing.Commit();
        await entering;

        Assert.That(await _books.Day("2026-03-01"), Is.EqualTo(Totals.Zero));
        Assert.That(await _books.Day("2026-03-02"), Is.EqualTo(new Totals(500, 1, 0, 0)));
    }

    [Test]
    public async Task Should_still_be_open_when_the_close_was_rolled_back()
    {
        await using (var session = await TestSqlSession.Begin(_books.Database.Source))
        {
            await _books.Close(Date("2026-03-01"), session);
        }

        await _books.Handle(Completed(1, 500, "2026-03-01T03:00:00Z"));
        Assert.That(await _books.Day("2026-03-01"), Is.EqualTo(new Totals(500, 1, 0, 0)));
        Assert.That(_books.Published, Is.Empty);
    }

    [Test]
    public async Task Should_be_closed_by_one_of_many_while_payments_come_in_and_lose_none()
    {
        var payments = Enumerable.Range(1, 200).Select(
            payment => Task.Run(() => _books.Handle(Completed(payment, 1000, "2026-03-01T03:00:00Z"))));
        var closes = Enumerable.Range(0, 8).Select(_ => Task.Run(() => _books.Close(Date("2026-03-01"))));
        await Task.WhenAll(payments.Take(100).Concat<Task>(closes).Concat(payments.Skip(100)));

        var closed = await _books.Day("2026-03-01");
        Assert.That(closed + await _books.Day("2026-03-02"), Is.EqualTo(new Totals(200_000, 200, 0, 0)));
        Assert.That(
            _books.Published,
            Is.EqualTo(new[] { new DailySettlementClosed(Date("2026-03-01"), closed.TotalAmount, (int)closed.PaymentCount) }));
    }

    [TestCase("2026-02", 28)]
    [TestCase("2028-02", 29)]
    [TestCase("2026-12", 31)]
    public async Task Should_close_the_month_with_the_last_of_its_days_in_any_order(string month, int days)
    {
        await _books.Handle(Completed(1, 500, $"{month}-01T03:00:00Z"));
        await _books.Handle(Refunded(1, 500, $"{month}-{days}T03:00:00Z"));
        await _books.Close($"{month}-02", $"{month}-{days}");
        Assert.That((await _books.Month(month)).Status, Is.EqualTo("OPEN"));

        await _books.Close(Date($"{month}-01"));

        Assert.That(await _books.Month(month), Is.EqualTo(new MonthlySettlement(month, 500, 1, 500, 1, 0, "CLOSED")));
        Assert.That(_books.Published, Has.Exactly(days).TypeOf<DailySettlementClosed>());
        Assert.That(_books.Published.OfType<MonthlySettlementClosed>(), Is.EqualTo(new[] { new MonthlySettlementClosed(month, 500, 1) }));
    }

    [Test]
    public async Task Should_close_the_month_once_when_its_days_are_closed_side_by_side()
    {
        await Task.WhenAll(Enumerable.Range(1, 28).Select(day => Task.Run(() => _books.Close(new DateOnly(2026, 2, day)))));

        Assert.That(_books.Published.OfType<MonthlySettlementClosed>(), Is.EqualTo(new[] { new MonthlySettlementClosed("2026-02", 0, 0) }));
        Assert.That((await _books.Month("2026-02")).Status, Is.EqualTo("CLOSED"));
    }
}
