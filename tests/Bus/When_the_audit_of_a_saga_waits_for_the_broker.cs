using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>A broker that blocks publishers must not hold up the database, whose row locks others wait for.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_the_audit_of_a_saga_waits_for_the_broker
{
    private readonly string _name = TestEndpoint.UniqueName();
    private readonly InMemoryBroker _broker = new(TimeProvider.System);
    private Blocking _audit = null!;
    private TestEndpoint _endpoint = null!;

    private string AuditQueue => $"{_name}.audit";

    [SetUp]
    public async Task Start()
    {
        _broker.Declare(AuditQueue);
        _audit = new Blocking(_broker.NewTransport(), AuditQueue);
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.UseTransport(_audit);
                configuration.AddSaga<DamPolicy>();
                configuration.AuditSagaStateChanges(AuditQueue);
            },
            name: _name,
            broker: new InMemory(_broker));
        await new InMemory(_broker).Send(_name, new RiseWater("Elbe"));
        await _audit.HasMessage.Task.WaitAsync(Eventually.Limit);
        await Eventually.Is(
            async () =>
                await _endpoint.Query<int>(
                    $"select 1 from \"{_name}_DamPolicy\" where \"Correlation_River\" = 'Elbe' for update nowait") == 1,
            "the saga is committed, and no transaction holds a lock on it");
    }

    [TearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_be_done_when_that_was_sent()
    {
        _audit.Release.SetResult();
        await _endpoint.Stop();

        Assert.That(_broker.Depth(AuditQueue), Is.EqualTo(2), "the question at the start whether it is there, and what the saga did");
        Assert.That(_broker.Depth(_name), Is.Zero);
    }

    [Test]
    public async Task Should_not_be_done_before()
    {
        await _endpoint.Abort();

        Assert.That(_broker.Depth(_name), Is.EqualTo(1), "the message was not acknowledged");
    }

    internal sealed record RiseWater(string River);

    internal sealed class DamData : ContainSagaData
    {
        public string River { get; set; } = "";
    }

    internal sealed class DamPolicy : Saga<DamData>, IAmStartedByMessages<RiseWater>
    {
        public Task Handle(RiseWater message, IMessageHandlerContext context) => Task.CompletedTask;

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<DamData> mapper) =>
            mapper.MapSaga(saga => saga.River).ToMessage<RiseWater>(message => message.River);
    }

    /// <summary>Keeps messages with a body to one queue until they are released.</summary>
    private sealed class Blocking(TransportDefinition transport, string queue) : TransportDefinition
    {
        public TaskCompletionSource HasMessage { get; } = new();

        public TaskCompletionSource Release { get; } = new();

        internal override ITransport Create(TransportContext context) => new BlockingTransport(transport.Create(context), this, queue);
    }

    private sealed class BlockingTransport(ITransport transport, Blocking blocking, string queue) : ITransport
    {
        public async Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken)
        {
            if (operations.Any(operation => operation.Destination == queue && !operation.Body.IsEmpty))
            {
                blocking.HasMessage.TrySetResult();
                await blocking.Release.Task.WaitAsync(Eventually.Limit, cancellationToken);
            }

            await transport.Dispatch(operations, cancellationToken);
        }

        public Task Receive(IDeliveryTarget target, CancellationToken stop) => transport.Receive(target, stop);

        public ValueTask DisposeAsync() => transport.DisposeAsync();
    }
}
