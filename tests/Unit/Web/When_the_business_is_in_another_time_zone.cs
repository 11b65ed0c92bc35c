using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Hosting;
using ShopSaga.Web;
using ShopSaga.Web.Shared;

namespace ShopSaga.Tests.Unit.Web;

internal sealed class When_the_business_is_in_another_time_zone
{
    [Test]
    public async Task Should_show_times_and_today_as_they_are_there()
    {
        var builder = WebDefaults.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Business:TimeZone"] = "America/New_York",
            ["Gateway:Address"] = "http://127.0.0.1:9",
            ["Gateway:Key"] = "a key of the gateway with 32 characters",
            ["ConnectionStrings:Redis"] = "127.0.0.1:9",
            ["Sessions:Key"] = "a key of the sessions with 32 characters",
        });
        builder.AddGatewayClient();
        builder.AddSessions();
        builder.AddPages();
        await using var app = builder.Build();
        app.UsePages();
        var newYear = new DateTimeOffset(2026, 1, 1, 2, 30, 0, TimeSpan.Zero);

        Assert.That(Formats.Moment(newYear), Is.EqualTo("31 Dec 2025, 21:30"));
        Assert.That(Formats.Today(new FakeTimeProvider(newYear)), Is.EqualTo(new DateOnly(2025, 12, 31)));
    }
}
