using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_something_critical_happens
{
    private readonly BusLog _log = new();
    private readonly Seen<string> _handled = new();

    [Test]
    public async Task Should_tell_once_that_the_queue_stays_out_of_reach_and_receive_again_when_it_is_back()
    {
        await using var endpoint = await TestEndpoint.Start(_ => { });
        await endpoint.Stop();
        await using var receiver = await TestEndpoint.Join(
            endpoint.Name,
            configuration =>
            {
                configuration.UseTransport(new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), Servers.RabbitMq)
                {
                    NetworkRecoveryInterval = TimeSpan.FromMilliseconds(20),
                    TimeToWaitBeforeTriggeringCircuitBreaker = TimeSpan.FromMilliseconds(100),
                });
                Configure(configuration);
            },
            services => _log.AddTo(services.AddSingleton(_handled)));
        await Broker.Delete(endpoint.Name);
        await Eventually.Is(() => _log.CriticalErrors.Any(), "a critical error");
        Assert.That(_log.CriticalErrors.Single(), Does.StartWith($"{endpoint.Name} could not reach the broker"));

        await using (var channel = await Broker.NewChannel())
        {
            await channel.QueueDeclareAsync(
                endpoint.Name,
                durable: true,
                exclusive: false,
                autoDelete: false,
                new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
            await channel.ExchangeDeclareAsync(endpoint.Name, ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(endpoint.Name, endpoint.Name, "");
        }

        await Broker.Send(endpoint.Name, new SealLetter(), "letter");
        Assert.That(await _handled.Next(), Is.EqualTo("letter"));
        Assert.That(_log.CriticalErrors.Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_tell_that_the_outbox_could_not_be_cleaned_ten_times_in_a_row()
    {
        var time = TestTime.New();
        await using var endpoint = await TestEndpoint.Start(
            Configure, services => _log.AddTo(services.AddSingleton<TimeProvider>(time).AddSingleton(_handled)));
        await endpoint.Execute($"""alter table "{endpoint.OutboxTable}" rename column "DispatchedAt" to "Gone" """);

        await Eventually.Is(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return _log.CriticalErrors.Any();
            },
            "a critical error");
        Assert.That(_log.CriticalErrors.First(), Is.EqualTo($"{endpoint.Name} could not clean its outbox 10 times in a row."));
    }

    private static void Configure(EndpointConfiguration configuration) => configuration.AddHandler<Clerk>();

    internal sealed record SealLetter;

    internal sealed class Clerk(Seen<string> handled) : IHandleMessages<SealLetter>
    {
        public Task Handle(SealLetter message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            return context.MessageId == "torn" ? throw new InvalidOperationException("It is torn.") : Task.CompletedTask;
        }
    }
}
