using System.Globalization;
using RabbitMQ.Client;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A copy of what is published for later delivery to one endpoint, as soon as it is published.</summary>
internal sealed class DelayTap : IAsyncDisposable
{
    private const int Levels = 28;
    private readonly IChannel _channel;
    private readonly Seen<Delivery> _deliveries = new();

    private DelayTap(IChannel channel) => _channel = channel;

    public int Count => _deliveries.Count;

    /// <summary>Taps the delay infrastructure, which must exist.</summary>
    public static async Task<DelayTap> On(string endpoint)
    {
        var tap = new DelayTap(await Broker.NewChannel());
        var queue = await tap._channel.QueueDeclareAsync();
        for (var level = 0; level < Levels; level++)
        {
            // Only what has not waited yet: on the way down from a higher level, that level's digit is set.
            var key = string.Concat(Enumerable.Repeat("0.", Levels - 1 - level));
            var exchange = string.Create(CultureInfo.InvariantCulture, $"nsb.v2.delay-level-{level:00}");
            await tap._channel.QueueBindAsync(queue.QueueName, exchange, $"{key}1.#.{endpoint}");
        }

        await Broker.Consume(tap._channel, queue.QueueName, tap._deliveries);
        return tap;
    }

    public Task<Delivery> Next() => _deliveries.Next();

    public ValueTask DisposeAsync() => _channel.DisposeAsync();
}
