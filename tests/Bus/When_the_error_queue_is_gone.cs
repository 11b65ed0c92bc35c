using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_the_error_queue_is_gone
{
    [Test]
    public async Task Should_keep_what_cannot_be_read_until_it_is_back()
    {
        await using var endpoint = await TestEndpoint.Start(_ => { });
        var errorQueue = endpoint.ErrorQueue;
        await Broker.Delete(errorQueue);

        await Broker.Publish(endpoint.Name, new BasicProperties { AppId = "other" }, new Dictionary<string, string>(), "not for us");
        await using (var channel = await Broker.NewChannel())
        {
            await channel.QueueDeclareAsync(
                errorQueue,
                durable: true,
                exclusive: false,
                autoDelete: false,
                new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
            await channel.ExchangeDeclareAsync(errorQueue, ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(errorQueue, errorQueue, "");
        }

        Assert.That((await endpoint.NextFailed()).Body, Is.EqualTo("not for us"));
    }

    [Test]
    public async Task Should_pause_before_it_tries_again_what_has_nowhere_to_go()
    {
        var time = TestTime.New();
        var attempts = new Seen<string>();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Miner>();
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton<TimeProvider>(time).AddSingleton(attempts));
        await Broker.Delete(endpoint.ErrorQueue);
        await Broker.Send(endpoint.Name, new Dig(Fails: true), "stone");
        Assert.That(await attempts.Next(), Is.EqualTo("stone"));
        for (var number = 1; number <= 10; number++)
        {
            await Broker.Send(endpoint.Name, new Dig(Fails: false), $"earth {number}");
            Assert.That(await attempts.Next(), Is.EqualTo($"earth {number}"), "the others are handled, and nothing turns in circles");
        }

        await Eventually.Is(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return attempts.All.Count(attempt => attempt == "stone") > 1;
            },
            "it is tried again");
    }

    internal sealed record Dig(bool Fails);

    internal sealed class Miner(Seen<string> attempts) : IHandleMessages<Dig>
    {
        public Task Handle(Dig message, IMessageHandlerContext context)
        {
            attempts.Add(context.MessageId);
            return message.Fails ? throw new InvalidOperationException("It is hard.") : Task.CompletedTask;
        }
    }
}
