using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A copy of everything that goes through an exchange, which need not exist yet.</summary>
internal sealed class Tap : IAsyncDisposable
{
    private readonly IChannel _channel;
    private readonly Seen<Delivery> _deliveries = new();

    private Tap(IChannel channel) => _channel = channel;

    public int Count => _deliveries.Count;

    public IReadOnlyCollection<Delivery> All => _deliveries.All;

    /// <summary>Taps the exchange of a message type.</summary>
    public static Task<Tap> On<TMessage>() => On($"{typeof(TMessage).Namespace}:{typeof(TMessage).Name}");

    public static async Task<Tap> On(string exchange)
    {
        var tap = new Tap(await Broker.NewChannel());
        await tap._channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        var queue = await tap._channel.QueueDeclareAsync();
        await tap._channel.QueueBindAsync(queue.QueueName, exchange, "");
        var consumer = new AsyncEventingBasicConsumer(tap._channel);
        consumer.ReceivedAsync += (_, delivered) =>
        {
            tap._deliveries.Add(Delivery.Of(delivered));
            return Task.CompletedTask;
        };
        await tap._channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return tap;
    }

    public Task<Delivery> Next() => _deliveries.Next();

    public ValueTask DisposeAsync() => _channel.DisposeAsync();
}
