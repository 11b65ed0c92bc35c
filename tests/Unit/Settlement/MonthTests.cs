using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Tests.Unit.Settlement;

internal sealed class MonthTests
{
    [Test]
    public void Should_add_up_only_the_days_of_that_month_of_that_year()
    {
        var days = new Dictionary<DateOnly, Totals>
        {
            [new(2027, 2, 28)] = new(1, 1, 0, 0),
            [new(2028, 1, 31)] = new(10, 1, 0, 0),
            [new(2028, 2, 1)] = new(100, 2, 30, 1),
            [new(2028, 2, 29)] = new(1000, 3, 300, 2),
            [new(2028, 3, 1)] = new(10_000, 1, 0, 0),
        };

        Assert.That(MonthlySettlement.Of(new(2028, 2, 1), days), Is.EqualTo(new MonthlySettlement("2028-02", 1100, 5, 330, 3, 770, "OPEN")));
    }

    [Test]
    public void Should_fail_rather_than_show_a_wrong_sum() =>
        Assert.That(() => new Totals(long.MaxValue, 1, 0, 0) + new Totals(1, 1, 0, 0), Throws.TypeOf<OverflowException>());
}
