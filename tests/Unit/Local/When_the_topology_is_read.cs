using ShopSaga.Local.Layout;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Local;

public class When_the_topology_is_read
{
    [Test]
    public void Should_name_the_publisher_of_each_event_of_the_design() =>
        Assert.That(
            Topology.Services.SelectMany(service => service.Publishes.Select(name => $"{service.Name} publishes {name}")),
            Is.EquivalentTo(Choreography.Events.Select(designed => $"{designed.Publisher} publishes {designed.Name}")));

    [Test]
    public void Should_name_who_reacts_to_each_event_of_the_design() =>
        Assert.That(
            Topology.Services.SelectMany(service => service.ReactsTo.Select(name => $"{service.Name} reacts to {name}")),
            Is.EquivalentTo(
                Choreography.Events.SelectMany(designed => designed.Reactors.Select(reactor => $"{reactor} reacts to {designed.Name}"))));

    [Test]
    public void Should_give_every_service_a_port_and_a_database_of_its_own()
    {
        var databases = Topology.Services.Where(service => service.Database is not null).Select(service => service.Database!).ToList();

        var offsets = Topology.Instances(Topology.MaxInstances).Select(instance => instance.Offset)
            .Concat(Enumerable.Range(Topology.PostgreSqlOffset, Topology.RedisOffset - Topology.PostgreSqlOffset + 1)).ToList();
        Assert.That(offsets, Is.Unique);
        Assert.That(offsets, Has.All.LessThan(Topology.PortsPerStack - 1));
        Assert.That(Topology.Instances(Topology.MaxInstances).Select(instance => instance.Name), Is.Unique);
        Assert.That(databases.Select(database => database.Name), Is.Unique);
        Assert.That(databases.Select(database => database.Role), Is.Unique);
    }

    [Test]
    public void Should_name_every_instance_of_an_endpoint_so_that_ServicePulse_tells_them_apart()
    {
        var orders = Topology.Find("Orders");

        Assert.That(
            Topology.Instances(orders, ofEach: 2).Select(instance => instance.EndpointInstance),
            Is.EqualTo(new[] { "ShopSaga.Orders", "ShopSaga.Orders-2" }));
    }
}
