using ShopSaga.Hosting.Http;
using ShopSaga.Settlement;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Tests.Unit.Settlement;

internal sealed class When_days_are_added_up_to_months
{
    private static readonly (DateOnly, bool, Totals)[] SomeDays =
    [
        (new(2027, 2, 28), true, new(1, 1, 0, 0)),
        (new(2028, 1, 31), true, new(10, 1, 0, 0)),
        (new(2028, 2, 1), true, new(100, 2, 30, 1)),
        (new(2028, 2, 29), false, new(1000, 3, 300, 2)),
        (new(2028, 3, 1), true, new(10_000, 1, 0, 0)),
    ];

    [Test]
    public void Should_add_up_only_the_days_of_that_month_of_that_year() => Assert.That(
        new SettlementPeriod(SomeDays).Month(Month.Of(new(2028, 2, 1))),
        Is.EqualTo(new MonthlySettlement("2028-02", 1100, 5, 330, 3, 770, "OPEN")));

    [TestCase(27, "OPEN")]
    [TestCase(28, "CLOSED")]
    public void Should_be_closed_when_all_of_its_days_are(int closedDays, string status) => Assert.That(
        new SettlementPeriod(Enumerable.Range(1, closedDays).Select(day => (new DateOnly(2027, 2, day), true, Totals.Zero)))
            .Month(Month.Of(new(2027, 2, 1))).Status,
        Is.EqualTo(status));

    [TestCase("2027-02", 28)]
    [TestCase("2028-02", 29)]
    [TestCase("2100-02", 28)]
    [TestCase("2000-02", 29)]
    [TestCase("2026-12", 31)]
    [TestCase("9999-12", 31)]
    public void Should_end_with_its_last_day(string month, int lastDay)
    {
        var parsed = Month.Parse("month", month);

        Assert.That((parsed.FirstDay.Day, parsed.LastDay.Day, parsed.Days, parsed.ToString()), Is.EqualTo((1, lastDay, lastDay, month)));
        Assert.That((Month.Of(parsed.FirstDay), Month.Of(parsed.LastDay)), Is.EqualTo((parsed, parsed)));
    }

    [TestCase("2027-2")]
    [TestCase("2027-13")]
    [TestCase("2027-02-01")]
    [TestCase("202702")]
    [TestCase("")]
    public void Should_accept_a_month_in_one_format_only(string month) =>
        Assert.That(() => Month.Parse("month", month), Throws.TypeOf<InvalidRequestException>());

    [Test]
    public void Should_fail_rather_than_show_a_wrong_sum()
    {
        Assert.That(() => new Totals(long.MaxValue, 1, 0, 0) + new Totals(1, 1, 0, 0), Throws.TypeOf<OverflowException>());
        Assert.That(() => new Totals(long.MinValue, 1, 1, 0).NetAmount, Throws.TypeOf<OverflowException>());
    }
}
