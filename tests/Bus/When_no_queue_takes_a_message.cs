using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The broker drops what no queue takes, unless it was told to give it back.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_no_queue_takes_a_message
{
    private readonly string _unbound = TestEndpoint.UniqueName();
    private readonly Seen<string> _attempts = new();

    [Test]
    public async Task Should_refuse_to_send_it()
    {
        await using var endpoint = await Start();
        await using var channel = await Broker.NewChannel();
        await channel.ExchangeDeclareAsync(_unbound, ExchangeType.Fanout, durable: true);

        await AssertRefusedUntilThereIsOne(endpoint, To(_unbound));
    }

    [Test]
    public async Task Should_refuse_to_send_it_later()
    {
        await using var endpoint = await Start();
        var options = To(_unbound);
        options.DelayDeliveryWith(TimeSpan.FromSeconds(1));

        await AssertRefusedUntilThereIsOne(endpoint, options);
    }

    [Test]
    public async Task Should_keep_in_its_queue_what_the_error_queue_should_have()
    {
        await using var endpoint = await Start();
        await using var channel = await Broker.NewChannel();
        await channel.QueueDeleteAsync(endpoint.ErrorQueue);
        await Broker.Send(endpoint.Name, new ForgeNail(), "nail");
        await _attempts.Next();
        await _attempts.Next();
        await DeclareErrorQueue(channel, endpoint);

        Assert.That((await endpoint.NextFailed()).Properties.MessageId, Is.EqualTo("nail"));
    }

    [Test]
    public async Task Should_keep_there_too_what_cannot_be_read()
    {
        var log = new BusLog();
        await using var endpoint = await TestEndpoint.Start(_ => { }, log.AddTo);
        await using var channel = await Broker.NewChannel();
        await channel.QueueDeleteAsync(endpoint.ErrorQueue);
        await Broker.Publish(endpoint.Name, new BasicProperties(), new Dictionary<string, string>(), "not for us");
        await Eventually.Is(
            () => log.Warnings.Any(warning => warning.StartsWith("A message that cannot be read stays", StringComparison.Ordinal)),
            "it stays");
        await DeclareErrorQueue(channel, endpoint);

        Assert.That((await endpoint.NextFailed()).Body, Is.EqualTo("not for us"));
    }

    private static async Task DeclareErrorQueue(IChannel channel, TestEndpoint endpoint)
    {
        await channel.QueueDeclareAsync(
            endpoint.ErrorQueue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await channel.QueueBindAsync(endpoint.ErrorQueue, endpoint.ErrorQueue, "");
    }

    private async Task AssertRefusedUntilThereIsOne(TestEndpoint endpoint, SendOptions options)
    {
        Assert.That(() => endpoint.Session.Send(new ForgeNail(), options), Throws.InstanceOf<BrokerUnavailableException>());

        await using var subscriber = await Tap.On(_unbound);
        await endpoint.Session.Send(new ForgeNail(), options);
        await subscriber.Next();
        await Broker.Delete(_unbound);
    }

    private Task<TestEndpoint> Start() => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddHandler<Smith>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        },
        services => services.AddSingleton(_attempts));

    private static SendOptions To(string destination)
    {
        var options = new SendOptions();
        options.SetDestination(destination);
        return options;
    }

    internal sealed record ForgeNail;

    internal sealed class Smith(Seen<string> attempts) : IHandleMessages<ForgeNail>
    {
        public Task Handle(ForgeNail message, IMessageHandlerContext context)
        {
            attempts.Add(context.MessageId);
            throw new InvalidOperationException("It broke.");
        }
    }
}
