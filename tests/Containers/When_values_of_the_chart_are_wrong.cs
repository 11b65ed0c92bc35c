using ShopSaga.Tests.Containers.Support;

namespace ShopSaga.Tests.Containers;

/// <summary>An installation that could not work is refused, with the name of the value.</summary>
public class When_values_of_the_chart_are_wrong
{
    [OneTimeSetUp]
    public void RequireHelm() => Helm.Require();

    [TestCase("url=\"\"", "Set url to the address")]
    [TestCase("url=\"shop.example.com\"", "at '/url'")]
    [TestCase("redis.address=\"\"", "Set redis.address")]
    [TestCase("redis.address=\"redis\"", "at '/redis/address'")]
    [TestCase("image.pullPolicy=\"Sometimes\"", "at '/image/pullPolicy'")]
    [TestCase("secrets.prefix=\"Shop Saga\"", "at '/secrets/prefix'")]
    [TestCase("settings={\"a b\":\"c\"}", "invalid propertyName 'a b'")]
    [TestCase("colour=\"red\"", "'colour'")]
    [TestCase("services.orders.colour=\"red\"", "at '/services/orders'")]
    [TestCase("services.orders.program=\"orders\"", "at '/services/orders/program'")]
    [TestCase("services.orders.secretSettings=[\"password\"]", "at '/services/orders/secretSettings/0'")]
    [TestCase("services.orders.replicas={\"min\":0,\"max\":2}", "at '/services/orders/replicas/min'")]
    [TestCase("services.orders.replicas={\"min\":3,\"max\":2}", "services.orders.replicas.min is larger than max")]
    [TestCase("services.orders.calls=[\"nobody\"]", "services.orders calls \"nobody\"")]
    [TestCase("services.mail={\"database\":true}", "at '/services/mail'")]
    [TestCase("services.orders.resources={\"requests\":{\"cpu\":\"much\",\"memory\":\"1Gi\"},\"limits\":{\"cpu\":1,\"memory\":\"1Gi\"}}",
        "at '/services/orders/resources/requests/cpu'")]
    [TestCase("defaults.terminationGracePeriodSeconds=1", "at '/defaults/terminationGracePeriodSeconds'")]
    [TestCase("autoscaling.cpu=200", "at '/autoscaling/cpu'")]
    [TestCase("autoscaling.keda={\"enabled\":true}", "Set autoscaling.keda.triggerAuthentication")]
    [TestCase("networkPolicy.ports.redis=70000", "at '/networkPolicy/ports/redis'")]
    [TestCase("ingress.enabled=true", "Set ingress.host")]
    [TestCase("httpRoute.enabled=true", "Set httpRoute.parents")]
    [TestCase("monitoring.podMonitor.interval=\"often\"", "at '/monitoring/podMonitor/interval'")]
    public async Task Should_name_the_value(string value, string complaint)
    {
        var (succeeded, output) = await Helm.Run(
            "template", "shop", Helm.Chart,
            "--set-json", "url=\"https://shop.example.com\"", "--set-json", "redis.address=\"redis:6379\"", "--set-json", value);

        Assert.Multiple(() =>
        {
            Assert.That(succeeded, Is.False);
            Assert.That(output, Does.Contain(complaint));
        });
    }
}
