using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>Hears every event of one type that a service publishes, on the broker itself.</summary>
internal sealed class Listener<TEvent> : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Channel<TEvent> _heard = System.Threading.Channels.Channel.CreateUnbounded<TEvent>();
    private readonly IConnection _connection;

    private Listener(IConnection connection) => _connection = connection;

    public static async Task<Listener<TEvent>> Start(string broker)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        var listener = new Listener<TEvent>(connection);
        var channel = await connection.CreateChannelAsync();
        var exchange = $"{typeof(TEvent).Namespace}:{typeof(TEvent).Name}";
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, exchange, "");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) =>
        {
            listener._heard.Writer.TryWrite(System.Text.Json.JsonSerializer.Deserialize<TEvent>(message.Body.Span)!);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return listener;
    }

    /// <summary>The next event; fails when none comes.</summary>
    public async Task<TEvent> Next()
    {
        using var timeout = new CancellationTokenSource(Patience);
        return await _heard.Reader.ReadAsync(timeout.Token);
    }

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();
}
