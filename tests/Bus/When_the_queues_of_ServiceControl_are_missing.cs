using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_the_queues_of_ServiceControl_are_missing
{
    private readonly string _name = TestEndpoint.UniqueName();

    private string ServiceControl => $"{_name}.servicecontrol";

    private string Monitoring => $"{_name}.monitoring";

    private string SagaAudit => $"{_name}.sagas";

    [Test]
    public async Task Should_warn_once_of_each_and_work_all_the_same()
    {
        var log = new BusLog();
        await using var endpoint = await TestEndpoint.Start(Configure, log.AddTo, _name);
        await using var opened = await Tap.On<EventGateOpened>();
        foreach (var gate in new[] { "north", "south" })
        {
            await Broker.Send(_name, new OpenGate(gate), gate);
            Assert.That((await opened.Next()).Body, Is.EqualTo($$"""{"Gate":"{{gate}}"}"""));
        }

        await Eventually.Is(() => log.Warnings.Count() >= 3, "each is missed");
        Assert.That(log.Warnings.Select(warning => warning.Split(':')[0]), Is.EquivalentTo(
            new[] { ServiceControl, Monitoring, SagaAudit }.Select(queue => $"Monitoring does not reach {queue}")));
        Assert.That(
            (await Management.List("exchanges/%2F")).Select(exchange => $"{exchange["name"]}"),
            Has.None.AnyOf(ServiceControl, Monitoring, SagaAudit),
            "ServiceControl creates them, not the endpoint");
    }

    [Test]
    public async Task Should_look_for_one_again_after_a_pause_only()
    {
        var time = TestTime.New();
        var nowhere = new Nowhere();
        await using var queue = new ServiceControlQueue(SagaAudit, _name, () => nowhere, time, NullLogger.Instance);
        var looks = new List<int>();
        foreach (var later in new[] { 0, 0, 1, 3, 1 })
        {
            time.Advance(TimeSpan.FromSeconds(later));
            Assert.That(await queue.Probe(CancellationToken.None), Is.False);
            looks.Add(nowhere.Looks);
        }

        Assert.That(looks, Is.EqualTo(new[] { 1, 1, 1, 1, 2 }), "after 0, 0, 1, 4 and 5 s");
    }

    [Test]
    public async Task Should_report_who_it_is_as_soon_as_they_are_there()
    {
        var log = new BusLog();
        var time = TestTime.New();
        var started = time.GetUtcNow();
        var broker = new InMemoryBroker(time);
        await using var endpoint = await TestEndpoint.Start(
            Configure, services => log.AddTo(services.AddSingleton<TimeProvider>(time)), _name, broker: new InMemory(broker));
        await Eventually.Is(() => log.Warnings.Count() == 3, "each is missed");
        broker.Declare(ServiceControl, Monitoring, SagaAudit);
        var told = new Dictionary<string, InMemoryMessage>();
        await Eventually.Is(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                while ((broker.Take(ServiceControl).Message ?? broker.Take(Monitoring).Message) is { } message)
                {
                    told[message.Headers[Headers.EnclosedMessageTypes].Split('.')[^1]] = message;
                }

                return told.Count == 3;
            },
            "a heartbeat, where the queue is, and once more that it has started");

        Assert.That(told.Keys, Is.EquivalentTo(new[] { "EndpointHeartbeat", "EndpointMetadataReport", "RegisterEndpointStartup" }));
        Assert.That(time.GetUtcNow() - started, Is.GreaterThanOrEqualTo(TimeSpan.FromMinutes(1)), "that comes a minute later");
        foreach (var type in new[] { "EndpointHeartbeat", "RegisterEndpointStartup" })
        {
            Assert.That(
                $"{JsonNode.Parse(told[type].Body.Span)!["HostId"]}",
                Is.EqualTo($"{Guid.Parse(TestEndpoint.HostId)}"),
                "as in headers of audits and failures");
        }

        Assert.That(told["EndpointMetadataReport"].Headers[Headers.OriginatingHostId], Is.EqualTo(TestEndpoint.HostId));
        Assert.That(told["EndpointMetadataReport"].Headers, Does.Not.ContainKey("NServiceBus.Metric.InstanceId"), "none was given");
    }

    private void Configure(EndpointConfiguration configuration)
    {
        configuration.AddSaga<GatePolicy>();
        configuration.SendHeartbeatTo(ServiceControl);
        configuration.EnableMetrics().SendMetricDataToServiceControl(Monitoring, TimeSpan.FromSeconds(10));
        configuration.AuditSagaStateChanges(SagaAudit);
    }

    internal sealed record OpenGate(string Gate);

    internal sealed record EventGateOpened(string Gate);

    internal sealed class GateData : ContainSagaData
    {
        public string Gate { get; set; } = "";
    }

    internal sealed class GatePolicy : Saga<GateData>, IAmStartedByMessages<OpenGate>
    {
        public Task Handle(OpenGate message, IMessageHandlerContext context) => context.Publish(new EventGateOpened(message.Gate));

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<GateData> mapper) =>
            mapper.MapSaga(saga => saga.Gate).ToMessage<OpenGate>(message => message.Gate);
    }

    private sealed class Nowhere : ITransport
    {
        public int Looks { get; private set; }

        public Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken)
        {
            Looks++;
            throw new BrokerUnavailableException("There is no such queue.");
        }

        public Task Receive(IDeliveryTarget target, CancellationToken stop) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
