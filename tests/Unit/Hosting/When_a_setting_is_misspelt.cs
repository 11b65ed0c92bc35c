using ShopSaga.Hosting;

namespace ShopSaga.Tests.Unit.Hosting;

internal sealed class When_a_setting_is_misspelt
{
    [TestCase("Orders:Expriy", "Orders__Expiry")]
    [TestCase("Provider:Apikeys", "Provider__ApiKey")]
    [TestCase("Webhooks:Secret:File", "Webhooks__Secret")]
    [TestCase("ServiceControl:Heartbeat", "ServiceControl__Heartbeats")]
    public void Should_be_refused_with_the_nearest_name(string key, string nearest) =>
        Assert.That(
            () => WebDefaults.CreateBuilder([$"--{key}=1"]),
            Throws.InvalidOperationException.With.Message.Contains($"'{key}'").And.Message.Contains(nearest));

    [TestCase("orders:expiry")]
    [TestCase("Logging:LogLevel:ShopSaga")]
    [TestCase("Somebody:Elses")]
    public void Should_take_names_in_any_case_and_of_other_sections(string key) =>
        Assert.That(() => WebDefaults.CreateBuilder([$"--{key}=1"]), Throws.Nothing);
}
