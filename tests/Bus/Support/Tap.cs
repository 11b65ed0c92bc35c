using RabbitMQ.Client;

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
        await Broker.Consume(tap._channel, queue.QueueName, tap._deliveries);
        return tap;
    }

    public Task<Delivery> Next() => _deliveries.Next();

    public ValueTask DisposeAsync() => _channel.DisposeAsync();
}
