using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_an_operator_deletes_exchanges
{
    private readonly FakeTimeProvider _time = TestTime.New();
    private readonly Seen<int> _heard = new();
    private readonly BusLog _log = new();

    [Test]
    public async Task Should_make_them_again_and_lose_no_event_that_was_published_meanwhile()
    {
        await using var endpoint = await Start();
        await endpoint.Session.Publish(new EventTideTurned(1));
        Assert.That(await _heard.Next(), Is.EqualTo(1));
        await using (var channel = await Broker.NewChannel())
        {
            await channel.ExchangeDeleteAsync($"{typeof(EventTideTurned).Namespace}:{nameof(EventTideTurned)}");
        }

        await endpoint.Session.Publish(new EventTideTurned(2));
        Assert.That(_log.Warnings, Has.Some.StartsWith($"No queue takes {typeof(EventTideTurned).FullName}"));
        _time.Advance(TimeSpan.FromSeconds(30));
        await Eventually.Is(
            async () => (await Management.List("bindings/%2F")).Any(binding =>
                $"{binding["source"]}".EndsWith(nameof(EventTideTurned), StringComparison.Ordinal)
                    && $"{binding["destination"]}" == endpoint.Name),
            "the subscriber binds again");
        var heard = _heard.Next();
        for (var attempt = 1; attempt <= 10 && !heard.IsCompleted; attempt++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(heard, Task.Delay(TimeSpan.FromSeconds(2)));
        }

        Assert.That(await heard, Is.EqualTo(2), "it was held meanwhile");
    }

    /// <summary>The exchange is another service's, which publishes rarely, and the endpoint connects again meanwhile.</summary>
    [Test]
    public async Task Should_receive_everything_else_where_it_may_not_make_one_again()
    {
        await using var user = await OtherUser.New(mayDeclare: $"^(?!.*:{nameof(EventMoonEclipsed)}$)");
        await using var publisher = await TestEndpoint.Start(_ => { });
        await using var subscriber = await TestEndpoint.Start(
            configuration =>
            {
                configuration.UseTransport(
                    new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), user.Address));
                configuration.AddHandler<Astronomer>();
                configuration.AddHandler<Fisher>();
            },
            services => _log.AddTo(services.AddSingleton<TimeProvider>(_time).AddSingleton(_heard)));

        await publisher.Session.Publish(new EventTideTurned(1));
        Assert.That(await _heard.Next(), Is.EqualTo(1));

        await publisher.Session.Publish(new EventMoonEclipsed(2));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.That(await _heard.Next(), Is.EqualTo(2), "the publisher made the exchange, and held the event until it was bound");
    }

    [Test]
    public async Task Should_say_that_an_event_has_no_subscriber_and_go_on()
    {
        await using var endpoint = await Start();
        await endpoint.Session.Publish(new EventNoticed());
        await endpoint.Session.Publish(new EventNoticed());

        Assert.That(
            _log.Warnings.Count(warning => warning.Contains(typeof(EventNoticed).FullName!, StringComparison.Ordinal)),
            Is.EqualTo(1),
            "once");
    }

    private Task<TestEndpoint> Start() => TestEndpoint.Start(
        configuration => configuration.AddHandler<Fisher>(),
        services => _log.AddTo(services.AddSingleton<TimeProvider>(_time).AddSingleton(_heard)));

    internal sealed record EventTideTurned(int Number);

    internal sealed record EventMoonEclipsed(int Number);

    internal sealed record EventNoticed;

    internal sealed class Astronomer(Seen<int> heard) : IHandleMessages<EventMoonEclipsed>
    {
        public Task Handle(EventMoonEclipsed message, IMessageHandlerContext context)
        {
            heard.Add(message.Number);
            return Task.CompletedTask;
        }
    }

    internal sealed class Fisher(Seen<int> heard) : IHandleMessages<EventTideTurned>
    {
        public Task Handle(EventTideTurned message, IMessageHandlerContext context)
        {
            heard.Add(message.Number);
            return Task.CompletedTask;
        }
    }
}
