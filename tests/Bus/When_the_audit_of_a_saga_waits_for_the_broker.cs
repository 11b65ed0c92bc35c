using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>A broker that blocks publishers must not hold up the database, whose row locks others wait for.</summary>
public class When_the_audit_of_a_saga_waits_for_the_broker
{
    [Test]
    public async Task Should_commit_meanwhile_and_not_count_as_done_before_the_audit_is_sent()
    {
        var name = TestEndpoint.UniqueName();
        var audit = $"{name}.audit";
        var broker = new InMemoryBroker(TimeProvider.System);
        broker.Declare(audit);
        var blocking = new Blocking(broker.NewTransport(), audit);
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.UseTransport(blocking);
                configuration.AddSaga<DamPolicy>();
                configuration.AuditSagaStateChanges(audit);
            },
            name: name,
            broker: new InMemory(broker));
        await new InMemory(broker).Send(name, new RiseWater("Elbe"));
        await blocking.HasMessage.Task.WaitAsync(Eventually.Limit);

        await Eventually.Is(
            async () => await endpoint.Query<int>($"select 1 from \"{name}_DamPolicy\" where \"Correlation_River\" = 'Elbe' for update nowait") == 1,
            "the saga is there, and nobody holds it");
        var stopping = endpoint.Stop();
        Assert.That(stopping.IsCompleted, Is.False);
        blocking.Release.SetResult();
        await stopping;
        Assert.That(broker.Depth(audit), Is.EqualTo(2), "the question at the start whether it is there, and what the saga did");
        Assert.That(broker.Depth(name), Is.Zero);
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

        public Task Receive(MessagePump pump, CancellationToken stop) => transport.Receive(pump, stop);

        public ValueTask DisposeAsync() => transport.DisposeAsync();
    }
}
