using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Transports;

[TestFixture(TransportKind.RabbitMq)]
[TestFixture(TransportKind.InMemory)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_saga_is_carried_on(TransportKind transport)
{
    private readonly ITestBroker _broker = transport.NewBroker();
    private readonly Seen<string> _seen = new();

    [Test]
    public async Task Should_be_called_back_in_time_and_not_when_it_is_gone()
    {
        await using var endpoint = await Start();
        await _broker.Send(endpoint.Name, new Sow("oak", SecondsToGrow: 1));
        await _broker.Send(endpoint.Name, new Sow("pine", SecondsToGrow: 1, FellAtOnce: true));

        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == 4, "both timeouts count as handled");
        Assert.That(_seen.All, Is.EqualTo(new[] { "oak has grown in time" }));
        Assert.That(await Sagas(endpoint), Is.Zero);
        Assert.That(await _broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_count_every_message_of_a_crowd_once()
    {
        await using var endpoint = await Start();
        await _broker.Send(endpoint.Name, new Sow("oak", SecondsToGrow: 86_400));
        await Eventually.Is(async () => await Sagas(endpoint) == 1, "sown");
        await Task.WhenAll(Enumerable.Range(1, 40).Select(drop => _broker.Send(endpoint.Name, new Water("oak"), $"drop {drop / 2}")));

        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" like 'drop %' and \"Dispatched\"") == 21, "all are handled");
        Assert.That(await endpoint.Query<string>($"select \"Data\"->>'Drops' from \"{endpoint.Name}_TreePolicy\""), Is.EqualTo("21"));
        Assert.That(await _broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    private static Task<long> Sagas(TestEndpoint endpoint) => endpoint.Query<long>($"select count(*) from \"{endpoint.Name}_TreePolicy\"");

    private Task<TestEndpoint> Start() => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddSaga<TreePolicy>();
            configuration.LimitMessageProcessingConcurrencyTo(4);
        },
        services => services.AddSingleton(_seen),
        broker: _broker);

    internal sealed record Sow(string Tree, int SecondsToGrow, bool FellAtOnce = false);

    internal sealed record Water(string Tree);

    internal sealed record Grown;

    internal sealed class TreeData : ContainSagaData
    {
        public string Tree { get; set; } = "";

        public int Drops { get; set; }
    }

    internal sealed class TreePolicy(Seen<string> seen) :
        Saga<TreeData>, IAmStartedByMessages<Sow>, IHandleMessages<Water>, IHandleTimeouts<Grown>
    {
        public Task Handle(Sow message, IMessageHandlerContext context)
        {
            if (message.FellAtOnce)
            {
                MarkAsComplete();
            }

            return RequestTimeout(context, TimeSpan.FromSeconds(message.SecondsToGrow), new Grown());
        }

        public Task Handle(Water message, IMessageHandlerContext context)
        {
            Data.Drops++;
            return Task.CompletedTask;
        }

        public Task Timeout(Grown state, IMessageHandlerContext context)
        {
            var isInTime = TimeProvider.System.GetUtcNow() >= Wire.Time(context.MessageHeaders[Headers.DeliverAt]);
            seen.Add($"{Data.Tree} has grown {(isInTime ? "in time" : "too early")}");
            MarkAsComplete();
            return Task.CompletedTask;
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<TreeData> mapper) => mapper.MapSaga(saga => saga.Tree)
            .ToMessage<Sow>(message => message.Tree)
            .ToMessage<Water>(message => message.Tree);
    }
}
