using System.Text.Json;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>The events of one type that a service publishes, taken from the broker in the order in which they arrive.</summary>
internal sealed class Subscription<TEvent> : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly Channel<TEvent> _received = Channel.CreateUnbounded<TEvent>();
    private readonly IConnection _connection;

    private Subscription(IConnection connection) => _connection = connection;

    public static async Task<Subscription<TEvent>> On(string broker)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        var subscription = new Subscription<TEvent>(connection);
        var channel = await connection.CreateChannelAsync();
        var exchange = $"{typeof(TEvent).Namespace}:{typeof(TEvent).Name}";
        var queue = await channel.QueueDeclareAsync();
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        await channel.QueueBindAsync(queue, exchange, "");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
            await subscription._received.Writer.WriteAsync(JsonSerializer.Deserialize<TEvent>(delivery.Body.Span)!);
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return subscription;
    }

    /// <summary>Waits for the next event.</summary>
    public Task<TEvent> Next() => Next(_ => true);

    /// <summary>
    /// Waits for the next event of this test, and drops others. In the nservicebus lane an event of a request leaves a second or so after
    /// the response, so that one of an earlier test may still arrive.
    /// </summary>
    public async Task<TEvent> Next(Func<TEvent, bool> isOfThisTest)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var received = await _received.Reader.ReadAsync(limit.Token);
            if (isOfThisTest(received))
            {
                return received;
            }
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
