using ShopSaga.Settlement.Reporting;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

internal sealed class When_payments_are_recorded
{
    private TestBooks _books = null!;

    [SetUp]
    public async Task SetUp() => _books = await TestBooks.Open();

    [TearDown]
    public async Task TearDown()
    {
        await _books.AssertTotalsAreTheSums();
        await _books.DisposeAsync();
    }

    [Test]
    public async Task Should_count_captures_and_refunds_apart_on_the_day_of_each()
    {
        await _books.Handle(Completed(1, 30_000, "2026-03-01T03:00:00Z"));
        await _books.Handle(Completed(2, 12_000, "2026-03-01T04:00:00Z"));
        await _books.Handle(Refunded(1, 30_000, "2026-03-02T03:00:00Z"));

        Assert.That(await _books.Day("2026-03-01"), Is.EqualTo(new Totals(42_000, 2, 0, 0)));
        Assert.That(await _books.Day("2026-03-02"), Is.EqualTo(new Totals(0, 0, 30_000, 1)));
    }

    // Seoul is nine hours ahead of UTC all year round.
    [TestCase("2026-03-01T14:59:59.999Z", "2026-03-01", TestName = "The last millisecond before midnight in Seoul is still that day")]
    [TestCase("2026-03-01T15:00:00Z", "2026-03-02", TestName = "Midnight in Seoul is the next day")]
    [TestCase("2026-03-02T00:00:00+09:00", "2026-03-02", TestName = "The offset a time is written with does not matter")]
    [TestCase("2026-01-31T15:00:00Z", "2026-02-01", TestName = "A month ends at midnight in Seoul")]
    [TestCase("2026-12-31T14:59:59.999999Z", "2026-12-31", TestName = "The last microsecond of a year in Seoul")]
    [TestCase("2026-12-31T15:00:00Z", "2027-01-01", TestName = "A year begins at midnight in Seoul")]
    [TestCase("2028-02-28T15:00:00Z", "2028-02-29", TestName = "A leap day")]
    [TestCase("2028-02-29T15:00:00Z", "2028-03-01", TestName = "The day after a leap day")]
    public async Task Should_enter_it_on_the_business_date(string at, string businessDate)
    {
        await _books.Handle(Completed(1, 500, at));
        await _books.Handle(Refunded(1, 500, at));

        Assert.That(await _books.Day(businessDate), Is.EqualTo(new Totals(500, 1, 500, 1)));
        Assert.That(await _books.Database.QuerySingle<long>("SELECT sum(payment_count) FROM daily_totals"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_record_an_event_once_regardless_of_duplicates_and_order()
    {
        object[] events = [Completed(1, 500, "2026-03-01T03:00:00Z"), Refunded(1, 500, "2026-03-01T05:00:00Z")];
        foreach (var index in new[] { 1, 0, 1, 0, 0, 1 })
        {
            await _books.Handle(events[index]);
        }

        Assert.That(await _books.Day("2026-03-01"), Is.EqualTo(new Totals(500, 1, 500, 1)));
        Assert.That(await _books.Day("2026-03-02"), Is.EqualTo(Totals.Zero));
    }

    [Test]
    public async Task Should_record_once_when_the_same_event_arrives_many_times_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => _books.Handle(Completed(1, 500, "2026-03-01T03:00:00Z")))));

        Assert.That(await _books.Day("2026-03-01"), Is.EqualTo(new Totals(500, 1, 0, 0)));
    }

    [Test]
    public async Task Should_lose_nothing_when_many_payments_of_a_day_arrive_at_once()
    {
        await Task.WhenAll(Enumerable.Range(1, 200).Select(payment =>
            Task.Run(() => _books.Handle(Completed(payment, 1_000_000_000_000, "2026-03-01T03:00:00Z")))));

        Assert.That(await _books.Day("2026-03-01"), Is.EqualTo(new Totals(200_000_000_000_000, 200, 0, 0)));
    }
}
