using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Transports;

[TestFixture(TransportKind.RabbitMq)]
[TestFixture(TransportKind.InMemory)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_an_endpoint_stops_receiving(TransportKind transport)
{
    private readonly ITestBroker _broker = transport.NewBroker();
    private readonly Seen<string> _handled = new();
    private readonly Door _door = new();

    [Test]
    public async Task Should_finish_what_it_handles_and_leave_the_rest_in_the_queue()
    {
        await using var endpoint = await Start();
        for (var guest = 1; guest <= 5; guest++)
        {
            await _broker.Send(endpoint.Name, new Enter(), $"guest {guest}");
        }

        await _door.SomebodyWaits.Task;
        var stopping = endpoint.Stop();
        Assert.That(stopping.IsCompleted, Is.False);
        _door.Open.SetResult();
        await stopping;

        Assert.That(await endpoint.Count("\"Dispatched\""), Is.EqualTo(1));
        await Eventually.Get(() => _broker.Depth(endpoint.Name), depth => depth == 4, "the others are in the queue again");
        await endpoint.Start();
        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == 5, "the others are handled after the start");
        Assert.That(_handled.All, Is.EquivalentTo(Enumerable.Range(1, 5).Select(guest => $"guest {guest}")));
    }

    [Test]
    public async Task Should_put_back_what_it_must_give_up()
    {
        await using var endpoint = await Start();
        await _broker.Send(endpoint.Name, new Enter(), "guest");
        await _door.SomebodyWaits.Task;
        await endpoint.Abort();

        await Eventually.Is(async () => await _broker.Depth(endpoint.Name) == 1, "it is in the queue again");
        Assert.That(await endpoint.Count("true"), Is.Zero);
        _door.Open.SetResult();
        await endpoint.Start();
        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == 1, "it is handled after the start");
        Assert.That(_handled.All, Is.EqualTo(new[] { "guest" }));
        Assert.That(await _broker.Depth(endpoint.ErrorQueue), Is.Zero, "no retry was left, and none was needed");
    }

    private Task<TestEndpoint> Start() => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddHandler<Doorman>();
            configuration.LimitMessageProcessingConcurrencyTo(1);
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        },
        services => services.AddSingleton(_handled).AddSingleton(_door),
        broker: _broker);

    internal sealed class Door
    {
        public TaskCompletionSource SomebodyWaits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed record Enter;

    internal sealed class Doorman(Seen<string> handled, Door door) : IHandleMessages<Enter>
    {
        public async Task Handle(Enter message, IMessageHandlerContext context)
        {
            door.SomebodyWaits.TrySetResult();
            await door.Open.Task.WaitAsync(context.CancellationToken);
            handled.Add(context.MessageId);
        }
    }
}
