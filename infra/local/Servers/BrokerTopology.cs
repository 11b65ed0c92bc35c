using System.Globalization;
using RabbitMQ.Client;
using ShopSaga.Local.Layout;
using ShopSaga.Replaying;

namespace ShopSaga.Local.Servers;

/// <summary>
/// Queues and exchanges that belong to no single service, the exchanges of all events and the queues of all endpoints, as NServiceBus'
/// conventional topology defines them. An administrator creates them before the services start, so that no service needs the right to
/// declare what is shared, and thereby to delete it.
/// </summary>
/// <remarks>
/// A service declares its own queue and binds it as well. But on an empty broker, as after a restore, the first services to start would
/// publish what their outboxes hold before the others have bound their queues, and those would never hear of it.
/// </remarks>
internal static class BrokerTopology
{
    public const int DelayLevels = 28;
    public const string DelayDelivery = "nsb.v2.delay-delivery";

    /// <summary>The base type and the interface of every record: subscriptions to all events would bind to these.</summary>
    private static readonly string[] BaseTypes = ["System:Object", "System:IEquatable`1"];

    private static readonly string[] SharedQueues = [ErrorQueue.DefaultName, "audit"];

    public static string DelayLevel(int level) => string.Create(CultureInfo.InvariantCulture, $"nsb.v2.delay-level-{level:00}");

    /// <summary>The exchange of an event: namespace, colon, name.</summary>
    public static string EventExchange(Service owner, string name) => $"ShopSaga.Contracts.{owner.Name}:{name}";

    /// <summary>Declares everything; idempotent.</summary>
    public static async Task Create(string adminAddress, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = new Uri(adminAddress), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await CreateDelays(channel, cancellationToken);
        foreach (var name in SharedQueues)
        {
            await CreateQueue(channel, name, cancellationToken);
        }

        foreach (var name in BaseTypes)
        {
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        }

        foreach (var service in Topology.Services)
        {
            foreach (var exchange in service.Publishes.Select(name => EventExchange(service, name)))
            {
                await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
                foreach (var baseType in BaseTypes)
                {
                    await channel.ExchangeBindAsync(baseType, exchange, "", cancellationToken: cancellationToken);
                }
            }
        }

        foreach (var endpoint in Topology.Services.Where(service => service.IsOnTheBus))
        {
            await CreateQueue(channel, endpoint.Assembly, cancellationToken);
            foreach (var name in endpoint.ReactsTo)
            {
                await channel.ExchangeBindAsync(
                    endpoint.Assembly, EventExchange(Topology.PublisherOf(name), name), "", cancellationToken: cancellationToken);
            }
        }
    }

    private static async Task CreateQueue(IChannel channel, string name, CancellationToken cancellationToken)
    {
        var quorum = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        await channel.QueueDeclareAsync(
            name, durable: true, exclusive: false, autoDelete: false, quorum, cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(name, name, "", cancellationToken: cancellationToken);
    }

    private static async Task CreateDelays(IChannel channel, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(DelayDelivery, ExchangeType.Topic, durable: true, cancellationToken: cancellationToken);
        for (var level = 0; level < DelayLevels; level++)
        {
            var (name, next) = (DelayLevel(level), level == 0 ? DelayDelivery : DelayLevel(level - 1));
            var higherBits = string.Concat(Enumerable.Repeat("*.", DelayLevels - 1 - level));
            await channel.ExchangeDeclareAsync(name, ExchangeType.Topic, durable: true, cancellationToken: cancellationToken);
            var arguments = new Dictionary<string, object?>
            {
                ["x-queue-type"] = "quorum",
                ["x-dead-letter-strategy"] = "at-least-once",
                ["x-overflow"] = "reject-publish",
                ["x-message-ttl"] = (1L << level) * 1000,
                ["x-dead-letter-exchange"] = next,
            };
            await channel.QueueDeclareAsync(
                name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
            await channel.QueueBindAsync(name, name, $"{higherBits}1.#", cancellationToken: cancellationToken);
            await channel.ExchangeBindAsync(next, name, $"{higherBits}0.#", cancellationToken: cancellationToken);
        }
    }
}
