using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reporting;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

internal sealed class When_the_admin_closes
{
    // In Seoul it is the first of March.
    private static readonly FakeTimeProvider Time = new(At("2026-02-28T16:00:00Z"));
    private static ServiceApp<Ledger> _app = null!;
    private static HttpClient _admin = null!;

    [OneTimeSetUp]
    public static async Task Start()
    {
        _app = await ServiceApp<Ledger>.Start(services: services => services.AddSingleton<TimeProvider>(Time));
        _admin = _app.Admin();
        using var anonymous = _app.Anonymous();
        Assert.That(async () => (await anonymous.GetAsync("/health/ready")).IsSuccessStatusCode, Is.True.After(60_000, 20));
    }

    [OneTimeTearDown]
    public static async Task Stop()
    {
        _admin.Dispose();
        await _app.DisposeAsync();
    }

    [TestCase("2026-02-27")]
    [TestCase("2001-02-03")]
    [TestCase("2000-02-29")]
    [TestCase("0001-01-01")]
    public async Task Should_close_any_past_day_as_often_as_asked(string date)
    {
        await using var days = await Subscription<DailySettlementClosed>.On(_app.Broker);
        var closed = new DailySettlement(Date(date), 0, 0, 0, 0, 0, "CLOSED");
        for (var time = 1; time <= 2; time++)
        {
            using var answer = await _admin.PostAsync($"/settlements/daily/{date}/close", null);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await answer.Content.ReadFromJsonAsync<DailySettlement>(), Is.EqualTo(closed));
        }

        Assert.That(await _admin.GetFromJsonAsync<DailySettlement>($"/settlements/daily/{date}"), Is.EqualTo(closed));
        Assert.That(
            await days.Next(happened => happened.ReportDate == Date(date)), Is.EqualTo(new DailySettlementClosed(Date(date), 0, 0)));
    }

    [TestCase("daily/2026-03-01")]
    [TestCase("daily/2026-03-02")]
    [TestCase("daily/9999-12-31")]
    [TestCase("monthly/2026-03")]
    [TestCase("monthly/2026-04")]
    [TestCase("monthly/9999-12")]
    public async Task Should_not_close_a_time_that_is_not_over(string time)
    {
        using var answer = await _admin.PostAsync($"/settlements/{time}/close", null);

        await Problem.Expect(answer, HttpStatusCode.Conflict, "conflict");
    }

    [Test]
    public async Task Should_close_a_month_when_all_its_days_are_closed()
    {
        await using var months = await Subscription<MonthlySettlementClosed>.On(_app.Broker);
        for (var day = 1; day <= 31; day++)
        {
            using var refused = await _admin.PostAsync("/settlements/monthly/2025-01/close", null);
            await Problem.Expect(refused, HttpStatusCode.Conflict, "conflict");
            using var closed = await _admin.PostAsync($"/settlements/daily/2025-01-{day:00}/close", null);
            Assert.That(closed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        for (var time = 1; time <= 2; time++)
        {
            using var answer = await _admin.PostAsync("/settlements/monthly/2025-01/close", null);
            Assert.That(
                await answer.Content.ReadFromJsonAsync<MonthlySettlement>(),
                Is.EqualTo(new MonthlySettlement("2025-01", 0, 0, 0, 0, 0, "CLOSED")));
        }

        Assert.That(
            await months.Next(happened => happened.YearMonth == "2025-01"), Is.EqualTo(new MonthlySettlementClosed("2025-01", 0, 0)));
    }

    [TestCase("daily/2026-2-1", "date")]
    [TestCase("daily/2026-02-30", "date")]
    [TestCase("daily/yesterday", "date")]
    [TestCase("monthly/2026-13", "yearMonth")]
    [TestCase("monthly/2026-01-01", "yearMonth")]
    public async Task Should_name_the_parameter_of_an_invalid_date(string time, string parameter)
    {
        using var answer = await _admin.PostAsync($"/settlements/{time}/close", null);

        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", parameter);
    }

    [TestCase("daily/2026-02-01")]
    [TestCase("monthly/2026-02")]
    public async Task Should_refuse_callers_who_are_not_administrators(string time)
    {
        Assert.That(
            (await _app.Anonymous().PostAsync($"/settlements/{time}/close", null)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            (await _app.Customer(7).PostAsync($"/settlements/{time}/close", null)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }
}
