using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Local.Verifying;

/// <summary>A queue's messages that no consumer holds, and its consumers.</summary>
internal sealed record QueueState(uint Messages, uint Consumers);

/// <summary>Asks the broker about queues, without touching a message.</summary>
internal sealed class BrokerQueues : IAsyncDisposable
{
    private readonly IConnection _connection;
    private IChannel? _channel;

    private BrokerQueues(IConnection connection) => _connection = connection;

    public static async Task<BrokerQueues> Connect(string broker, CancellationToken cancellationToken) =>
        new(await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync(cancellationToken));

    /// <summary>Null when the queue does not exist.</summary>
    public async Task<QueueState?> Find(string name, CancellationToken cancellationToken)
    {
        // The broker closes the channel of a passive declaration that fails.
        _channel = _channel is { IsOpen: true } open ? open : await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            var queue = await _channel.QueueDeclarePassiveAsync(name, cancellationToken);
            return new QueueState(queue.MessageCount, queue.ConsumerCount);
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return null;
        }
    }

    /// <summary>The messages in all these queues together; a queue that does not exist has none.</summary>
    public async Task<long> Count(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var name in names)
        {
            count += (await Find(name, cancellationToken))?.Messages ?? 0;
        }

        return count;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
