using System.Text.Json;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>Hears the events of one type that a service really publishes, in the order in which they come.</summary>
internal sealed class Subscription<TEvent> : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Channel<TEvent> _heard = Channel.CreateUnbounded<TEvent>();
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
            await subscription._heard.Writer.WriteAsync(JsonSerializer.Deserialize<TEvent>(delivery.Body.Span)!);
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return subscription;
    }

    public async Task<TEvent> Next() => await _heard.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
