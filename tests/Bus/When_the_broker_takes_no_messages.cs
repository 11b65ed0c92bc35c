using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>A broker that is short of memory or disk keeps its connections, and blocks those that publish.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_the_broker_takes_no_messages
{
    private AmqpProxy _broker = null!;
    private TestEndpoint _endpoint = null!;

    [SetUp]
    public async Task Start()
    {
        _broker = AmqpProxy.Open();
        _endpoint = await TestEndpoint.Start(configuration => configuration.UseTransport(
            new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), _broker.Address)
            {
                NetworkRecoveryInterval = TimeSpan.FromMilliseconds(200),
            }));
        await _endpoint.Session.Publish(new EventRainFallen());
        await _broker.Block();
    }

    [TearDown]
    public async Task Stop()
    {
        await _endpoint.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task Should_say_so_in_the_health_check_until_it_does_again()
    {
        Assert.That(await Problem(), Is.EqualTo("broker: takes no messages: low on memory"));
        await _broker.Unblock();

        await _endpoint.IsReceiving();
    }

    [Test]
    public async Task Should_forget_it_with_the_connection_that_was_blocked()
    {
        await Problem();
        await Eventually.Get(() => Management.CloseConnections(_endpoint.Name), closed => closed >= 2, "connections to close");

        await _endpoint.IsReceiving();
    }

    private async Task<string?> Problem() => (await Eventually.Get(
        () => _endpoint.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(),
        health => health.Status == HealthStatus.Degraded,
        "the health check says so")).Entries["bus"].Description;

    internal sealed record EventRainFallen;
}
