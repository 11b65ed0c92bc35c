using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reporting;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Settlement;

internal sealed class When_settlements_are_reported
{
    private static readonly FakeTimeProvider Time = new(new(2026, 3, 1, 15, 0, 0, TimeSpan.Zero));
    private static ServiceApp<Ledger> _app = null!;
    private static HttpClient _admin = null!;

    [OneTimeSetUp]
    public static async Task Start()
    {
        _app = await ServiceApp<Ledger>.Start(services: services => services.AddSingleton<TimeProvider>(Time));
        _admin = _app.Admin();
        await using var database = new NpgsqlConnection(_app.Database);
        await database.ExecuteAsync(
            """
            INSERT INTO daily_totals (report_date, slot, total_amount, payment_count, refund_amount, refund_count) VALUES
                ('2026-01-31', 0, 100, 1, 0, 0), ('2026-02-01', 0, 1000, 2, 0, 0), ('2026-02-01', 63, 500, 1, 300, 1),
                ('2026-02-28', 7, 0, 0, 5000000000, 2), ('2026-12-31', 1, 7, 1, 0, 0), ('2027-01-01', 1, 9, 1, 0, 0)
            """);
    }

    [OneTimeTearDown]
    public static async Task Stop()
    {
        _admin.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Should_show_a_day_with_refunds_apart() => Assert.That(
        await _admin.GetStringAsync("/settlements/daily/2026-02-01"),
        Is.EqualTo(
            """{"reportDate":"2026-02-01","totalAmount":1500,"paymentCount":3,"refundAmount":300,"refundCount":1,"""
            + "\"netAmount\":1200,\"status\":\"OPEN\"}"));

    [TestCase("2026-03-05")]
    [TestCase("2999-01-01")]
    [TestCase("0001-01-01")]
    [TestCase("9999-12-31")]
    public async Task Should_show_zeros_for_a_day_without_entries(string date) => Assert.That(
        await _admin.GetFromJsonAsync<DailySettlement>($"/settlements/daily/{date}"),
        Is.EqualTo(new DailySettlement(DateOnly.ParseExact(date, "yyyy-MM-dd"), 0, 0, 0, 0, 0, "OPEN")));

    [Test]
    public async Task Should_show_every_day_of_a_range()
    {
        var days = await Days("?from=2026-01-31&to=2026-02-28");

        Assert.That(days.Select(day => day.ReportDate.DayNumber), Is.EqualTo(Enumerable.Range(days[0].ReportDate.DayNumber, 29)));
        Assert.That(days.Select(day => day.TotalAmount).Where(amount => amount > 0), Is.EqualTo(new[] { 100, 1500 }));
        Assert.That(days[^1], Is.EqualTo(new DailySettlement(new DateOnly(2026, 2, 28), 0, 0, 5_000_000_000, 2, -5_000_000_000, "OPEN")));
    }

    [TestCase("from=2020-01-01&to=2027-12-31", 366)]
    [TestCase("from=2027-01-01&to=2027-12-31", 366)]
    [TestCase("from=2026-01-31&to=2026-02-28&limit=10", 10)]
    [TestCase("from=2026-01-31&to=2026-02-28&limit=29", 29)]
    [TestCase("from=9999-12-01&to=9999-12-31&limit=30", 30)]
    public async Task Should_show_a_long_range_page_by_page(string range, int size)
    {
        var days = new List<DailySettlement>();
        for (string? cursor = ""; cursor is not null;)
        {
            var part = await _admin.GetFromJsonAsync<ItemsOf<DailySettlement>>(
                $"/settlements/daily?{range}{(cursor.Length > 0 ? "&cursor=" + cursor : "")}");
            Assert.That(part!.Items, Has.Count.LessThanOrEqualTo(size));
            days.AddRange(part.Items);
            cursor = part.NextCursor;
        }

        var dates = range.Split('&').Select(parameter => parameter.Split('=')[1]).Take(2).Select(TestBooks.Date).ToList();
        Assert.That(
            days.Select(day => day.ReportDate.DayNumber),
            Is.EqualTo(Enumerable.Range(dates[0].DayNumber, dates[1].DayNumber - dates[0].DayNumber + 1)));
    }

    // In Seoul it is the next day already.
    [TestCase("2026-03-01T15:00:00Z", "", "2026-01-31", "2026-03-01", TestName = "30 days until today, before midnight in Seoul")]
    [TestCase("2026-03-01T15:00:00Z", "?from=2026-02-27", "2026-02-27", "2026-03-02", TestName = "From a day until today")]
    [TestCase("2026-03-01T15:00:00Z", "?to=2026-01-30", "2026-01-01", "2026-01-30", TestName = "The 30 days that end with a day")]
    [TestCase("2026-03-01T15:00:00Z", "?to=0001-01-05", "0001-01-01", "0001-01-05", TestName = "No days before the first one")]
    [TestCase("2026-03-01T15:00:00Z", "?from=9999-12-01&to=9999-12-31", "9999-12-01", "9999-12-31", TestName = "None after the last")]
    public async Task Should_choose_the_ends_that_a_range_leaves_open(string now, string query, string first, string last)
    {
        Time.AdjustTime(
            DateTimeOffset.Parse(now, CultureInfo.InvariantCulture) - (query.Length == 0 ? TimeSpan.FromMinutes(1) : TimeSpan.Zero));

        var days = await Days(query);

        Assert.That((Text(days[0].ReportDate), Text(days[^1].ReportDate)), Is.EqualTo((first, last)));

        static string Text(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task Should_add_up_the_days_of_a_month() => Assert.That(
        await _admin.GetStringAsync("/settlements/monthly/2026-02"),
        Is.EqualTo(
            """{"yearMonth":"2026-02","totalAmount":1500,"paymentCount":3,"refundAmount":5000000300,"refundCount":3,"""
            + "\"netAmount\":-4999998800,\"status\":\"OPEN\"}"));

    [TestCase("0001-01")]
    [TestCase("9999-12")]
    public async Task Should_show_the_first_and_the_last_month_there_are(string month) => Assert.That(
        await _admin.GetFromJsonAsync<MonthlySettlement>($"/settlements/monthly/{month}"),
        Is.EqualTo(new MonthlySettlement(month, 0, 0, 0, 0, 0, "OPEN")));

    [Test]
    public async Task Should_show_the_months_of_a_year_and_of_this_one_by_default()
    {
        Time.AdjustTime(new DateTimeOffset(2026, 12, 31, 14, 59, 59, TimeSpan.Zero));
        var asked = await Months("?year=2026");

        Assert.That(asked.Select(month => month.YearMonth), Is.EqualTo(Enumerable.Range(1, 12).Select(month => $"2026-{month:00}")));
        Assert.That(asked.Select(month => month.TotalAmount), Is.EqualTo(new[] { 100, 1500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 }));
        Assert.That(await Months(""), Is.EqualTo(asked));

        Time.AdjustTime(new DateTimeOffset(2026, 12, 31, 15, 0, 0, TimeSpan.Zero));
        Assert.That((await Months(""))[0], Is.EqualTo(new MonthlySettlement("2027-01", 9, 1, 0, 0, 9, "OPEN")));
    }

    [TestCase("daily/2026-2-1", "date")]
    [TestCase("daily/2026-02-30", "date")]
    [TestCase("daily/20260201", "date")]
    [TestCase("daily/today", "date")]
    [TestCase("daily?from=2026-02-30", "from")]
    [TestCase("daily?to=01.02.2026", "to")]
    [TestCase("daily?to=", "to")]
    [TestCase("daily?from=2026-02-02&to=2026-02-01", "from")]
    [TestCase("daily?cursor=x", "cursor")]
    [TestCase("daily?cursor=AAAAAAAAAAE", "cursor")]
    [TestCase("daily?limit=0", "limit")]
    [TestCase("daily?limit=101", "limit")]
    [TestCase("monthly/2026-13", "yearMonth")]
    [TestCase("monthly/2026-1", "yearMonth")]
    [TestCase("monthly/2026-01-01", "yearMonth")]
    [TestCase("monthly?year=0", "year")]
    [TestCase("monthly?year=10000", "year")]
    [TestCase("monthly?year=next", "year")]
    public async Task Should_name_the_parameter_of_an_invalid_date(string path, string parameter)
    {
        using var answer = await _admin.GetAsync($"/settlements/{path}");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]![parameter], Is.Not.Null);
    }

    [TestCase("daily")]
    [TestCase("daily/2026-02-01")]
    [TestCase("monthly")]
    [TestCase("monthly/2026-02")]
    public async Task Should_refuse_callers_who_are_not_administrators(string path)
    {
        Assert.That((await _app.Anonymous().GetAsync($"/settlements/{path}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await _app.Customer(7).GetAsync($"/settlements/{path}")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    private static async Task<IReadOnlyList<DailySettlement>> Days(string query) =>
        (await _admin.GetFromJsonAsync<ItemsOf<DailySettlement>>($"/settlements/daily{query}"))!.Items;

    private static async Task<IReadOnlyList<MonthlySettlement>> Months(string query) =>
        (await _admin.GetFromJsonAsync<ItemsOf<MonthlySettlement>>($"/settlements/monthly{query}"))!.Items;
}
