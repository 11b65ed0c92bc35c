using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>The test's own line to the broker.</summary>
internal static class Broker
{
    private static IConnection? _connection;

    public static async Task Connect() =>
        _connection = await new ConnectionFactory { Uri = new Uri(Servers.RabbitMq), ClientProvidedName = "tests" }.CreateConnectionAsync();

    public static async Task Disconnect()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

    public static Task<IChannel> NewChannel() =>
        _connection!.CreateChannelAsync(new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));

    /// <summary>Adds each message of the queue to <paramref name="deliveries"/> until the channel is closed.</summary>
    public static Task Consume(IChannel channel, string queue, Seen<Delivery> deliveries)
    {
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivered) =>
        {
            deliveries.Add(Delivery.Of(delivered));
            return Task.CompletedTask;
        };
        return channel.BasicConsumeAsync(queue, autoAck: true, consumer);
    }

    /// <summary>Publishes with exactly these headers, as another program would.</summary>
    public static async Task Publish(string exchange, BasicProperties properties, IReadOnlyDictionary<string, string> headers, string body)
    {
        await using var channel = await NewChannel();
        properties.Headers = headers.ToDictionary(header => header.Key, header => (object?)Encoding.UTF8.GetBytes(header.Value));
        await channel.BasicPublishAsync(exchange, "", mandatory: true, properties, Encoding.UTF8.GetBytes(body));
    }

    /// <summary>Sends a message to an endpoint, with the headers that every sender sets.</summary>
    public static Task Send<TMessage>(
        string endpoint, TMessage message, string? messageId = null, IReadOnlyDictionary<string, string>? headers = null)
    {
        var id = messageId ?? Guid.NewGuid().ToString();
        var all = new Dictionary<string, string>
        {
            [Headers.MessageId] = id,
            [Headers.MessageIntent] = "Send",
            [Headers.ConversationId] = Guid.NewGuid().ToString(),
            [Headers.ContentType] = "application/json",
            [Headers.EnclosedMessageTypes] = typeof(TMessage).AssemblyQualifiedName!,
        };
        foreach (var header in headers ?? new Dictionary<string, string>())
        {
            all[header.Key] = header.Value;
        }

        return Publish(
            endpoint,
            new BasicProperties { MessageId = id, DeliveryMode = DeliveryModes.Persistent, ContentType = "application/json" },
            all,
            System.Text.Json.JsonSerializer.Serialize(message));
    }

    /// <summary>Waits for a message in the queue, and takes it out.</summary>
    public static async Task<Delivery> Take(string queue)
    {
        await using var channel = await NewChannel();
        var taken = await Eventually.Get(
            () => channel.BasicGetAsync(queue, autoAck: true), message => message is not null, $"a message in {queue}");
        return Delivery.Of(new BasicDeliverEventArgs(
            "", taken!.DeliveryTag, taken.Redelivered, taken.Exchange, taken.RoutingKey, taken.BasicProperties, taken.Body));
    }

    /// <summary>Messages in the queue that no consumer holds.</summary>
    public static async Task<uint> Depth(string queue)
    {
        await using var channel = await NewChannel();
        return await channel.MessageCountAsync(queue);
    }

    public static async Task Delete(params string[] queues)
    {
        await using var channel = await NewChannel();
        foreach (var queue in queues)
        {
            await channel.QueueDeleteAsync(queue);
            await channel.ExchangeDeleteAsync(queue);
        }
    }
}
