using System.Net;
using System.Net.Http.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Settlement;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reporting;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>The whole service with a clock that the test sets. Midnight in Seoul is at 15:00 UTC.</summary>
internal sealed class When_the_day_turns
{
    private const int PatienceMs = 60_000;
    private FakeTimeProvider _time = null!;
    private ServiceApp<Ledger> _app = null!;
    private HttpClient _admin = null!;

    [SetUp]
    public async Task Start()
    {
        _time = new(At("2028-02-29T14:59:00Z"));
        _app = await ServiceApp<Ledger>.Start(
            new() { ["Settlement:CheckEvery"] = FakeTime.CheckEvery.ToString() },
            services => services.AddSingleton<TimeProvider>(_time).AddFakeLogging());
        _admin = _app.Admin();
        using var anonymous = _app.Anonymous();
        Assert.That(async () => (await anonymous.GetAsync("/health/ready")).IsSuccessStatusCode, Is.True.After(PatienceMs, 20));
    }

    [TearDown]
    public async Task Stop()
    {
        _admin.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Should_close_every_day_of_the_month_in_which_the_ledger_begins_and_the_month()
    {
        await using var days = await Subscription<DailySettlementClosed>.On(_app.Broker);
        await using var months = await Subscription<MonthlySettlementClosed>.On(_app.Broker);
        await Publish(Completed(1, 500, "2028-02-29T14:59:59.999Z"));
        AwaitEntries(1);

        _time.JumpTo(At("2028-02-29T15:09:59Z"));
        _time.JumpTo(At("2028-02-29T15:10:00Z"));

        Assert.That(await months.Next(), Is.EqualTo(new MonthlySettlementClosed("2028-02", 500, 1)));
        var heard = new List<DailySettlementClosed>();
        while (heard.Count < 29)
        {
            heard.Add(await days.Next());
        }

        Assert.That(
            heard.Select(day => day.ReportDate), Is.EquivalentTo(Enumerable.Range(1, 29).Select(day => new DateOnly(2028, 2, day))));
        Assert.That(heard, Has.One.EqualTo(new DailySettlementClosed(Date("2028-02-29"), 500, 1)));
        Assert.That(await Day("2028-02-29"), Is.EqualTo(new DailySettlement(Date("2028-02-29"), 500, 1, 0, 0, 500, "CLOSED")));
        Assert.That(
            await Query<DateTime>("SELECT min(closed_at) FROM daily_settlements WHERE report_date = '2028-02-29'"),
            Is.EqualTo(At("2028-02-29T15:10:00Z").UtcDateTime),
            "payments of the last moments have ten minutes to arrive");
    }

    [Test]
    public async Task Should_count_a_payment_of_the_last_millisecond_that_arrives_after_the_close_in_the_new_day()
    {
        await Publish(Completed(1, 500, "2028-02-29T10:00:00Z"));
        AwaitEntries(1);
        _time.JumpTo(At("2028-02-29T15:10:00Z"));
        AwaitStatus("2028-02-29", "CLOSED");

        await Publish(Completed(2, 70, "2028-02-29T14:59:59.999Z"));
        AwaitEntries(2);

        Assert.That((await Day("2028-02-29")).TotalAmount, Is.EqualTo(500));
        Assert.That(await Day("2028-03-01"), Is.EqualTo(new DailySettlement(Date("2028-03-01"), 70, 1, 0, 0, 70, "OPEN")));
    }

    [Test]
    public async Task Should_be_closed_by_one_of_two_instances_whose_clocks_differ()
    {
        await using var days = await Subscription<DailySettlementClosed>.On(_app.Broker);
        var late = new FakeTimeProvider(At("2028-02-29T14:50:00Z"));
        await using var second = _app.StartAnother(services => services.AddSingleton<TimeProvider>(late));
        using var adminOfSecond = second.Admin();
        await Publish(Completed(1, 500, "2028-02-29T10:00:00Z"));
        AwaitEntries(1);
        _time.JumpTo(At("2028-02-29T15:10:00Z"));
        AwaitStatus("2028-02-29", "CLOSED");

        // For the second instance it is still that day: it takes payments of it, and they count where both agree that they do.
        using var refused = await adminOfSecond.PostAsync("/settlements/daily/2028-02-29/close", null);
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        await Task.WhenAll(Enumerable.Range(2, 20).Select(payment => Publish(Completed(payment, 10, "2028-02-29T14:59:59Z"))));
        AwaitEntries(21);
        Assert.That((await Day("2028-02-29")).TotalAmount, Is.EqualTo(500));
        Assert.That(
            await adminOfSecond.GetFromJsonAsync<DailySettlement>("/settlements/daily/2028-03-01"), Is.EqualTo(await Day("2028-03-01")));
        Assert.That((await Day("2028-03-01")).TotalAmount, Is.EqualTo(200));

        // Both are past the end of the next month now, and close it together.
        late.JumpTo(At("2028-04-01T16:00:00Z"));
        _time.JumpTo(At("2028-04-01T15:30:00Z"));
        AwaitStatus("2028-03-31", "CLOSED");
        var heard = new List<DateOnly>();
        while (heard.Count < 29 + 31)
        {
            heard.Add((await days.Next()).ReportDate);
        }

        Assert.That(heard, Is.Unique);
    }

    [Test]
    public async Task Should_close_the_days_that_a_stopped_service_missed()
    {
        await Publish(Completed(1, 500, "2028-02-29T10:00:00Z"));
        AwaitEntries(1);
        var later = new FakeTimeProvider(At("2028-03-09T15:10:00Z"));
        await using var second = _app.StartAnother(services => services.AddSingleton<TimeProvider>(later));

        AwaitStatus("2028-03-09", "CLOSED", later);
    }

    [TestCase("1970-01-01T00:00:00Z", "1970-01-01")]
    [TestCase("0001-01-01T00:00:00Z", "0001-01-01")]
    [TestCase("2027-12-31T14:59:59Z", "2027-12-31")]
    public async Task Should_close_nothing_before_the_business_began_although_an_entry_is_older(string at, string date)
    {
        await Publish(Completed(1, 70, at));
        await Publish(Completed(2, 500, "2028-02-29T10:00:00Z"));
        AwaitEntries(2);

        _time.JumpTo(At("2028-02-29T15:10:00Z"));
        AwaitStatus("2028-02-29", "CLOSED");
        _time.JumpTo(At("2028-03-01T15:10:00Z"));
        AwaitStatus("2028-03-01", "CLOSED");

        Assert.That(await Query<DateOnly>("SELECT min(report_date) FROM daily_settlements"), Is.EqualTo(Date("2028-02-01")));
        Assert.That(await Day(date), Is.EqualTo(new DailySettlement(Date(date), 70, 1, 0, 0, 70, "OPEN")));
        Assert.That(Warnings(), Is.EqualTo(new[]
        {
            $"{date} has entries, but the business began on 2028-01-01: the day stays open until it is closed by hand",
        }));

        using var closed = await _admin.PostAsync($"/settlements/daily/{date}/close", null);
        Assert.That(closed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Should_close_nothing_before_the_configured_month()
    {
        await Publish(Completed(1, 500, "2028-02-29T10:00:00Z"));
        await Publish(Completed(2, 70, "2028-03-20T10:00:00Z"));
        AwaitEntries(2);
        var later = new FakeTimeProvider(At("2028-03-31T15:10:00Z"));
        await using var second = _app.StartAnother(
            services => services.AddSingleton<TimeProvider>(later), new() { ["Settlement:FirstDay"] = "2028-03-15" });

        AwaitStatus("2028-03-31", "CLOSED", later);

        Assert.That(await Query<DateOnly>("SELECT min(report_date) FROM daily_settlements"), Is.EqualTo(Date("2028-03-01")));
    }

    private static async Task<T> Value<T>(string address, string sql)
    {
        await using var database = new NpgsqlConnection(address);
        return await database.QuerySingleAsync<T>(sql);
    }

    private Task<T> Query<T>(string sql) => Value<T>(_app.Database, sql);

    private Task Publish(object payment) => _app.Services.GetRequiredService<IMessageSession>().Publish(payment);

    private IEnumerable<string> Warnings() => _app.Services.GetFakeLogCollector().GetSnapshot()
        .Where(record => record.Id == LogEvents.EntriesBeforeBeginning).Select(record => record.Message);

    private void AwaitEntries(int count) =>
        Assert.That(() => Query<int>("SELECT count(*)::int FROM entries"), Is.EqualTo(count).After(PatienceMs, 20));

    private void AwaitStatus(string date, string status) => AwaitStatus(date, status, _time);

    /// <summary>Lets the schedule look again while it waits: a check that finds another instance at work does nothing.</summary>
    private void AwaitStatus(string date, string status, FakeTimeProvider time) => Assert.That(
        async () =>
        {
            time.Advance(FakeTime.CheckEvery);
            return (await Day(date)).Status;
        },
        Is.EqualTo(status).After(PatienceMs, 20));

    private async Task<DailySettlement> Day(string date) => (await _admin.GetFromJsonAsync<DailySettlement>($"/settlements/daily/{date}"))!;
}
