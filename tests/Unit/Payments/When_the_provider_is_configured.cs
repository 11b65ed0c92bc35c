using Microsoft.Extensions.Configuration;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Tests.Unit.Payments;

internal sealed class When_the_provider_is_configured
{
    [Test]
    public void Should_wait_two_seconds_when_nothing_is_said()
    {
        var settings = From("http://psp:8090", "key", timeout: null);

        Assert.That(settings, Is.EqualTo(new ProviderSettings(new Uri("http://psp:8090/"), "key", TimeSpan.FromSeconds(2))));
    }

    [TestCase("http://psp/api")]
    [TestCase("http://psp/api/")]
    public void Should_keep_the_path_of_the_address(string address)
    {
        using var client = From(address, "key", timeout: null).CreateClient();

        Assert.That(new Uri(client.BaseAddress!, "charges").AbsoluteUri, Is.EqualTo("http://psp/api/charges"));
    }

    [TestCase(null, "key", null, "Provider__Address")]
    [TestCase("psp:8090", "key", null, "Provider__Address")]
    [TestCase("/charges", "key", null, "Provider__Address")]
    [TestCase("http://psp:8090", null, null, "Provider__ApiKey")]
    [TestCase("http://psp:8090", "", null, "Provider__ApiKey")]
    [TestCase("http://psp:8090", "key", "soon", "Provider__Timeout")]
    [TestCase("http://psp:8090", "key", "00:00:00", "Provider__Timeout")]
    [TestCase("http://psp:8090", "key", "2", "Provider__Timeout")]
    public void Should_say_what_to_set(string? address, string? key, string? timeout, string variable) =>
        Assert.That(() => From(address, key, timeout), Throws.InvalidOperationException.With.Message.Contains(variable));

    private static ProviderSettings From(string? address, string? key, string? timeout) => ProviderSettings.From(
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Provider:Address"] = address,
            ["Provider:ApiKey"] = key,
            ["Provider:Timeout"] = timeout,
        }).Build());
}
