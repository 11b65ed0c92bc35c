using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The action that is told of it fails, which must make nothing worse.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_something_critical_happens
{
    private readonly Seen<string> _critical = new();
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
            services => services.AddSingleton(_handled));
        await Broker.Delete(endpoint.Name);
        Assert.That(await _critical.Next(), Does.StartWith($"{endpoint.Name} could not reach the broker"));

        await using (var channel = await Broker.NewChannel())
        {
            await channel.QueueDeclareAsync(
                endpoint.Name, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
            await channel.ExchangeDeclareAsync(endpoint.Name, ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(endpoint.Name, endpoint.Name, "");
        }

        await Broker.Send(endpoint.Name, new SealLetter(), "letter");
        Assert.That(await _handled.Next(), Is.EqualTo("letter"));
        Assert.That(_critical.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Should_put_a_message_back_that_not_even_the_policy_for_failures_could_decide_on()
    {
        var decisions = 0;
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                Configure(configuration);
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.Recoverability().CustomPolicy((config, _) => Interlocked.Increment(ref decisions) == 1
                    ? throw new NotSupportedException("I do not know.")
                    : RecoverabilityAction.MoveToError(config.Failed.ErrorQueue));
            },
            services => services.AddSingleton(_handled));
        await Broker.Send(endpoint.Name, new SealLetter(), "torn");
        await endpoint.NextFailed();

        Assert.That(_handled.All, Is.EqualTo(new[] { "torn", "torn" }));
        Assert.That(_critical.All, Is.EqualTo(new[] { $"{endpoint.Name} could not settle 1 messages; they go back to the queue." }));
    }

    [Test]
    public async Task Should_tell_that_the_outbox_could_not_be_cleaned_ten_times_in_a_row()
    {
        var time = new ManualTime();
        await using var endpoint = await TestEndpoint.Start(Configure, services => services.AddSingleton<TimeProvider>(time).AddSingleton(_handled));
        await endpoint.Execute($"""alter table "{endpoint.OutboxTable}" rename column "DispatchedAt" to "Gone" """);

        await Eventually.Is(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return _critical.Count > 0;
            },
            "somebody is told");
        Assert.That(await _critical.Next(), Is.EqualTo($"{endpoint.Name} could not clean its outbox 10 times in a row."));
    }

    private void Configure(EndpointConfiguration configuration)
    {
        configuration.AddHandler<Clerk>();
        configuration.DefineCriticalErrorAction((critical, _) =>
        {
            _critical.Add(critical.Error);
            throw new InvalidOperationException("Nobody wants to know.");
        });
    }

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
