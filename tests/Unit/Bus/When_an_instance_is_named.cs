using Microsoft.AspNetCore.Builder;
using ShopSaga.Hosting.Messaging;

namespace ShopSaga.Tests.Unit.Bus;

/// <summary>ServicePulse lists instances by these names, and takes another host id for another instance.</summary>
public class When_an_instance_is_named
{
    [TestCase(null, "ShopSaga.Orders")]
    [TestCase("Orders-2", "Orders-2")]
    public void Should_show_its_name_at_its_host(string? configured, string instance) =>
        Assert.That(Identity(configured).DisplayName, Is.EqualTo($"{instance}@{Environment.MachineName}"));

    [Test]
    public void Should_have_the_id_that_it_had_before_its_restart()
    {
        var before = Identity("Orders-2").HostId;

        Assert.That(Identity("Orders-2").HostId, Is.EqualTo(before));
    }

    [Test]
    public void Should_have_another_id_than_the_instances_beside_it() =>
        Assert.That(new[] { null, "Orders-2", "Orders-3" }.Select(name => Identity(name).HostId), Is.Unique);

    private static HostIdentity Identity(string? instance)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration["ConnectionStrings:Broker"] = "amqp://127.0.0.1";
        builder.Configuration["ConnectionStrings:Database"] = "Host=127.0.0.1";
        builder.Configuration["Messaging:InstanceName"] = instance;
        builder.AddEndpoint("Orders", _ => { });
        var host = builder.Services.Select(service => service.ImplementationInstance).OfType<EndpointConfiguration>().Single().HostInfo;
        return new HostIdentity(host.InstanceName, host.HostName, host.DisplayName);
    }
}
