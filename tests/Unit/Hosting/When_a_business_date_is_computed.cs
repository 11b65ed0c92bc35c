using Microsoft.Extensions.Configuration;
using ShopSaga.Hosting.Business;

namespace ShopSaga.Tests.Unit.Hosting;

internal sealed class When_a_business_date_is_computed
{
    // Midnights that come twice, that do not exist, and that are as far from UTC as there are.
    private static readonly string[] Zones =
        ["Asia/Seoul", "UTC", "America/New_York", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Pacific/Kiritimati",
         "Pacific/Pago_Pago"];

    [TestCaseSource(nameof(Zones))]
    public void Should_have_all_instants_of_their_date_and_none_of_another(string zone)
    {
        var calendar = In(zone);
        for (var date = new DateOnly(2018, 1, 1); date < new DateOnly(2020, 3, 2); date = date.AddDays(1))
        {
            var (from, until) = calendar.InstantsOf(date);

            Assert.That(
                new[] { from.AddTicks(-1), from, until.AddTicks(-1), until }.Select(calendar.DateOf),
                Is.EqualTo(new[] { date.AddDays(-1), date, date, date.AddDays(1) }));
        }
    }

    [TestCaseSource(nameof(Zones))]
    public void Should_have_what_there_is_of_the_first_and_the_last_date(string zone)
    {
        var calendar = In(zone);

        Assert.That(calendar.InstantsOf(DateOnly.MinValue).From, Is.LessThan(calendar.InstantsOf(DateOnly.MinValue).Until));
        Assert.That(calendar.InstantsOf(DateOnly.MaxValue).From, Is.LessThan(DateTimeOffset.MaxValue));
        Assert.That(calendar.InstantsOf(DateOnly.MaxValue).Until, Is.EqualTo(DateTimeOffset.MaxValue));
    }

    private static BusinessCalendar In(string zone) => new(
        new ConfigurationBuilder().AddInMemoryCollection([new("Business:TimeZone", zone)]).Build(), TimeProvider.System);
}
