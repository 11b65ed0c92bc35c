using System.Text.RegularExpressions;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Servers;

namespace ShopSaga.Tests.Unit.Local;

public class When_broker_permissions_are_derived
{
    private const string TenSeconds = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.1.0.";

    [TestCase("Orders", "ShopSaga.Contracts.Orders:OrderPlaced", true)]
    [TestCase("Orders", "ShopSaga.Contracts.Payments:PaymentCompleted", false)]
    [TestCase("Orders", "ShopSaga.Orders", true)]
    [TestCase("Orders", "ShopSaga.Payments", false)]
    [TestCase("Orders", "XShopSaga.Orders", false)]
    [TestCase("Orders", "ShopSagaXOrders", false)]
    [TestCase("Orders", "error", true)]
    [TestCase("Orders", "amq.default", false)]
    [TestCase("Users", "nsb.v2.delay-level-00", true)]
    [TestCase("Users", "nsb.v2.delay-delivery", false)]
    public void Should_allow_an_endpoint_to_publish_only_its_own_events(string endpoint, string exchange, bool isAllowed) =>
        Assert.That(Regex.IsMatch(exchange, BrokerUsers.PermissionsOf(Topology.Find(endpoint)).Write), Is.EqualTo(isAllowed));

    [TestCase("Orders", "ShopSaga.Contracts.Payments:PaymentCompleted", true)]
    [TestCase("Orders", "ShopSaga.Contracts.Users:UserRegistered", false)]
    [TestCase("Settlement", "ShopSaga.Contracts.Orders:OrderPlaced", false)]
    [TestCase("Settlement", "ShopSaga.Orders", false)]
    [TestCase("Orders", "System:Object", false)]
    [TestCase("Orders", "error", false)]
    [TestCase("Orders", "audit", false)]
    [TestCase("Orders", "nsb.v2.delay-level-05", false)]
    [TestCase("Orders", "nsb.v2.delay-delivery", true, Description = "with its own key, see below")]
    public void Should_allow_an_endpoint_to_subscribe_only_to_events_it_reacts_to(string endpoint, string name, bool isAllowed) =>
        Assert.That(Regex.IsMatch(name, BrokerUsers.PermissionsOf(Topology.Find(endpoint)).Read), Is.EqualTo(isAllowed));

    [TestCase("ShopSaga.Orders", "amq.default", "error", "error.lock", true)]
    [TestCase("ShopSaga.Contracts.Orders:OrderPlaced", "amq.topic", "ShopSaga.Orders", "error", false)]
    [TestCase("audit", "Particular.ServiceControl", "audit", "ShopSaga.Orders", false)]
    public void Should_allow_operations_to_return_failed_messages_and_no_more(
        string writes, string writesToo, string reads, string configures, bool isAllowed)
    {
        var permissions = BrokerUsers.PermissionsOf(Topology.Find("Operations"));

        Assert.That(
            new[]
            {
                Regex.IsMatch(writes, permissions.Write), Regex.IsMatch(writesToo, permissions.Write),
                Regex.IsMatch(reads, permissions.Read), Regex.IsMatch(configures, permissions.Configure),
            },
            Is.All.EqualTo(isAllowed));
    }

    [TestCase("Orders", "ShopSaga.Orders", true)]
    [TestCase("Orders", "ShopSaga.Contracts.Orders:OrderPlaced", true)]
    [TestCase("Orders", "ShopSaga.Contracts.Payments:PaymentCompleted", false)]
    [TestCase("Orders", "System:Object", false)]
    [TestCase("Orders", "error", false)]
    [TestCase("Orders", "nsb.v2.delay-level-05", false)]
    public void Should_allow_an_endpoint_to_declare_and_delete_only_its_own(string endpoint, string name, bool isAllowed) =>
        Assert.That(Regex.IsMatch(name, BrokerUsers.PermissionsOf(Topology.Find(endpoint)).Configure), Is.EqualTo(isAllowed));

    [TestCase("nsb.v2.delay-level-03", TenSeconds + "ShopSaga.Orders", true)]
    [TestCase("nsb.v2.delay-level-03", TenSeconds + "ShopSaga.Payments", false)]
    [TestCase("nsb.v2.delay-level-03", TenSeconds + "ShopSaga.Payments.ShopSaga.Orders", false)]
    [TestCase("nsb.v2.delay-level-03", TenSeconds + "ShopSagaXOrders", false)]
    [TestCase("nsb.v2.delay-level-03", "ShopSaga.Orders", false)]
    [TestCase("nsb.v2.delay-delivery", TenSeconds + "ShopSaga.Orders", false)]
    public void Should_allow_an_endpoint_to_delay_messages_only_to_itself(string exchange, string key, bool isAllowed) =>
        Assert.That(Regex.IsMatch(key, OfOrders(exchange).Write), Is.EqualTo(isAllowed));

    [TestCase("nsb.v2.delay-delivery", "#.ShopSaga.Orders", true)]
    [TestCase("nsb.v2.delay-delivery", "#.ShopSaga.Payments", false)]
    [TestCase("nsb.v2.delay-delivery", "#", false)]
    [TestCase("nsb.v2.delay-level-03", "#", false)]
    [TestCase("nsb.v2.delay-level-03", "#.ShopSaga.Orders", false)]
    public void Should_allow_an_endpoint_to_receive_only_its_own_delayed_messages(string exchange, string key, bool isAllowed) =>
        Assert.That(Regex.IsMatch(key, OfOrders(exchange).Read), Is.EqualTo(isAllowed));

    private static BrokerUsers.TopicPermissions OfOrders(string exchange) =>
        BrokerUsers.TopicPermissionsOf(Topology.Find("Orders")).Single(topic => topic.Exchange == exchange);
}
