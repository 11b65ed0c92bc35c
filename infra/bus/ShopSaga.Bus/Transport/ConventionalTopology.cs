using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Bus;

/// <summary>
/// Queues and exchanges, as NServiceBus' conventional topology lays them out:
/// <code>
///   address   fanout exchange ─► queue of the same name
///   type      fanout exchange ─► exchanges of its base types … System:Object, and of its interfaces
///   subscribe type's exchange ─► subscriber's exchange
///   delay     exchange of the highest set bit ─► … a queue for each bit, each holding 2^level s … ─► nsb.v2.delay-delivery ─► destination
/// </code>
/// Everything is durable and declared idempotently. Arguments must equal those of the other lane, or the broker refuses with 406.
/// </summary>
internal static class ConventionalTopology
{
    public const int DelayLevels = 28;
    public const long MaxDelay = (1L << DelayLevels) - 1;
    public const string DelayDelivery = "nsb.v2.delay-delivery";

    /// <summary>The exchange of a message type: namespace, colon, name.</summary>
    public static string ExchangeOf(Type type) => $"{type.Namespace}:{type.Name}";

    public static async Task DeclareAddress(IChannel channel, string address, CancellationToken cancellationToken)
    {
        var quorum = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        await channel.QueueDeclareAsync(
            address, durable: true, exclusive: false, autoDelete: false, quorum, cancellationToken: cancellationToken);
        await DeclareFanout(channel, address, cancellationToken);
        await channel.QueueBindAsync(address, address, string.Empty, cancellationToken: cancellationToken);
    }

    public static async Task DeclareType(IChannel channel, Type type, CancellationToken cancellationToken)
    {
        if (type == typeof(object))
        {
            return;
        }

        await DeclareFanout(channel, ExchangeOf(type), cancellationToken);
        for (var derived = type; derived.BaseType is { } ancestor; derived = ancestor)
        {
            await DeclareFanout(channel, ExchangeOf(ancestor), cancellationToken);
            await channel.ExchangeBindAsync(ExchangeOf(ancestor), ExchangeOf(derived), string.Empty, cancellationToken: cancellationToken);
        }

        foreach (var contract in type.GetInterfaces())
        {
            await DeclareFanout(channel, ExchangeOf(contract), cancellationToken);
            await channel.ExchangeBindAsync(ExchangeOf(contract), ExchangeOf(type), string.Empty, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Binds an address to a type's exchange, which must exist.</summary>
    public static Task Subscribe(IChannel channel, string address, Type type, CancellationToken cancellationToken) =>
        channel.ExchangeBindAsync(address, ExchangeOf(type), string.Empty, cancellationToken: cancellationToken);

    public static async Task DeclareDelays(IChannel channel, CancellationToken cancellationToken)
    {
        await DeclareTopic(channel, DelayDelivery, cancellationToken);
        for (var level = 0; level < DelayLevels; level++)
        {
            var name = DelayLevel(level);
            var next = level == 0 ? DelayDelivery : DelayLevel(level - 1);
            var higherBits = string.Concat(Enumerable.Repeat("*.", DelayLevels - 1 - level));
            await DeclareTopic(channel, name, cancellationToken);
            await channel.QueueDeclareAsync(
                name,
                durable: true,
                exclusive: false,
                autoDelete: false,
                new Dictionary<string, object?>
                {
                    ["x-queue-type"] = "quorum",
                    ["x-dead-letter-strategy"] = "at-least-once",
                    ["x-overflow"] = "reject-publish",
                    ["x-message-ttl"] = (1L << level) * 1000,
                    ["x-dead-letter-exchange"] = next,
                },
                cancellationToken: cancellationToken);
            await channel.QueueBindAsync(name, name, $"{higherBits}1.#", cancellationToken: cancellationToken);
            await channel.ExchangeBindAsync(next, name, $"{higherBits}0.#", cancellationToken: cancellationToken);
        }
    }

    /// <summary>Lets delayed messages for an address reach its exchange, which must exist.</summary>
    public static Task BindDelayedDelivery(IChannel channel, string address, CancellationToken cancellationToken) =>
        channel.ExchangeBindAsync(address, DelayDelivery, $"#.{address}", cancellationToken: cancellationToken);

    /// <summary>Where a message with this delay is published, and with which routing key: the delay's 28 bits, then the address.</summary>
    public static (string Exchange, string RoutingKey) Delayed(long seconds, string address)
    {
        var key = new StringBuilder((2 * DelayLevels) + address.Length);
        var highest = 0;
        for (var level = DelayLevels - 1; level >= 0; level--)
        {
            var bit = (seconds >> level) & 1;
            if (bit == 1 && highest == 0)
            {
                highest = level;
            }

            key.Append(CultureInfo.InvariantCulture, $"{bit}.");
        }

        return (DelayLevel(highest), key.Append(address).ToString());
    }

    private static string DelayLevel(int level) => string.Create(CultureInfo.InvariantCulture, $"nsb.v2.delay-level-{level:00}");

    private static Task DeclareFanout(IChannel channel, string name, CancellationToken cancellationToken) =>
        channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);

    private static Task DeclareTopic(IChannel channel, string name, CancellationToken cancellationToken) =>
        channel.ExchangeDeclareAsync(name, ExchangeType.Topic, durable: true, cancellationToken: cancellationToken);
}
