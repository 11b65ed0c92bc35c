using Microsoft.Extensions.Configuration;
using ShopSaga.Psp;

namespace ShopSaga.Tests.Unit.Psp;

internal sealed class When_webhooks_are_configured
{
    [Test]
    public void Should_send_after_three_seconds_when_nothing_is_said() => Assert.That(
        From("http://shop/webhooks/psp", "secret", delay: null),
        Is.EqualTo(new WebhookSettings(new Uri("http://shop/webhooks/psp"), "secret", TimeSpan.FromSeconds(3))));

    [TestCase(null, "secret", null, "Webhooks__Address")]
    [TestCase("/webhooks/psp", "secret", null, "Webhooks__Address")]
    [TestCase("shop:8080", "secret", null, "Webhooks__Address")]
    [TestCase("http://shop", null, null, "Webhooks__Secret")]
    [TestCase("http://shop", "", null, "Webhooks__Secret")]
    [TestCase("http://shop", "secret", "soon", "Webhooks__Delay")]
    [TestCase("http://shop", "secret", "-00:00:01", "Webhooks__Delay")]
    [TestCase("http://shop", "secret", "2.00:00:00", "Webhooks__Delay")]
    public void Should_say_what_to_set(string? address, string? secret, string? delay, string variable) =>
        Assert.That(() => From(address, secret, delay), Throws.InvalidOperationException.With.Message.Contains(variable));

    private static WebhookSettings From(string? address, string? secret, string? delay) => WebhookSettings.From(
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Webhooks:Address"] = address,
            ["Webhooks:Secret"] = secret,
            ["Webhooks:Delay"] = delay,
        }).Build());
}
