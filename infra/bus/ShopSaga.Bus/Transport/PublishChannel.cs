using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Bus;

/// <summary>A connection with one channel to publish on, and the exchanges and destinations that are known to exist.</summary>
internal sealed class PublishChannel(
    IConnection connection, IChannel channel, ReturnedEvents returned, TimeProvider time) : IAsyncDisposable
{
    private readonly SharedTopology _shared = new();
    private readonly ConcurrentDictionary<Type, Task> _declaredTypes = new();
    private readonly ConcurrentDictionary<string, Task> _knownDestinations = new();
    private readonly ConcurrentDictionary<string, Task> _boundDestinations = new();

    public bool IsOpen => channel.IsOpen;

    /// <summary>The frame size agreed with the broker; 0 for any.</summary>
    public uint MaxFrame => connection.FrameMax;

    public static async Task<PublishChannel> Open(
        RabbitMqConnections connections, TransportContext context, ReturnedEvents returned, CancellationToken cancellationToken)
    {
        var connection = await connections.Open("Publish", cancellationToken);
        try
        {
            connection.ConnectionBlockedAsync += (_, blocked) => context.Health.PublishingBlocked(blocked.Reason);
            connection.ConnectionUnblockedAsync += (_, _) => context.Health.PublishingBlocked(null);
            connection.ConnectionShutdownAsync += (_, _) => context.Health.PublishingBlocked(null);
            var options = new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                outstandingPublisherConfirmationsRateLimiter: null);
            return new PublishChannel(connection, await connection.CreateChannelAsync(options, cancellationToken), returned, context.Time);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="DestinationMissingException">The destination does not exist.</exception>
    public Task Publish(OutgoingOperation operation, CancellationToken cancellationToken) => operation.EventType is { } type
        ? PublishEvent(type, operation, cancellationToken)
        : Send(operation, operation.Destination!, cancellationToken);

    /// <exception cref="DestinationMissingException">The address does not exist.</exception>
    public async Task Forward(string address, BasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await Once(_knownDestinations, address, FindDestination);
        await channel.BasicPublishAsync(address, string.Empty, mandatory: true, properties, body, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await using (connection)
        {
            await channel.DisposeAsync();
        }
    }

    private async Task PublishEvent(Type type, OutgoingOperation operation, CancellationToken cancellationToken)
    {
        var properties = AmqpMapping.ToProperties(operation, MaxFrame);
        await Once(_declaredTypes, type, declared => _shared.Declare(
            connection,
            ConventionalTopology.ExchangeOf(declared),
            declaring => ConventionalTopology.DeclareType(declaring, declared, CancellationToken.None),
            CancellationToken.None));
        try
        {
            // Mandatory, although an event may have no subscriber: without its exchange or bindings it would be lost silently.
            await channel.BasicPublishAsync(
                ConventionalTopology.ExchangeOf(type), string.Empty, mandatory: true, properties, operation.Body, cancellationToken);
            returned.Taken(operation);
        }
        catch (PublishException failure) when (failure.IsReturn)
        {
            _declaredTypes.TryRemove(type, out _);
            returned.Returned(operation);
        }
    }

    private async Task Send(OutgoingOperation operation, string destination, CancellationToken cancellationToken)
    {
        var seconds = DelaySeconds(operation);
        var properties = AmqpMapping.ToProperties(operation, MaxFrame, seconds);
        await Once(_knownDestinations, destination, FindDestination);
        if (seconds is null)
        {
            await channel.BasicPublishAsync(destination, string.Empty, mandatory: true, properties, operation.Body, cancellationToken);
            return;
        }

        await Once(
            _boundDestinations, destination, address => ConventionalTopology.BindDelayedDelivery(channel, address, CancellationToken.None));
        var (exchange, routingKey) = ConventionalTopology.Delayed(seconds.Value, destination);
        await channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, operation.Body, cancellationToken);
    }

    private async Task FindDestination(string address)
    {
        if (!await SharedTopology.Exists(connection, address, CancellationToken.None))
        {
            throw new DestinationMissingException($"There is no exchange {address}.");
        }
    }

    /// <summary>Declares something once for each channel; a declaration that failed is tried again by the next message.</summary>
    private static async Task Once<TKey>(ConcurrentDictionary<TKey, Task> done, TKey key, Func<TKey, Task> declare)
        where TKey : notnull
    {
        var declaration = done.GetOrAdd(key, declare);
        try
        {
            await declaration;
        }
        catch
        {
            done.TryRemove(new KeyValuePair<TKey, Task>(key, declaration));
            throw;
        }
    }

    /// <exception cref="InvalidOperationException">The delay is longer than 2^28 − 1 seconds.</exception>
    private long? DelaySeconds(OutgoingOperation operation)
    {
        var delay = operation.Delay ?? (operation.DeliverAt - time.GetUtcNow());
        if (delay is null)
        {
            return null;
        }

        var seconds = Math.Max(0, (long)Math.Ceiling(delay.Value.TotalSeconds));
        return seconds <= ConventionalTopology.MaxDelay
            ? seconds
            : throw new InvalidOperationException($"A delay of {seconds} s is longer than {ConventionalTopology.MaxDelay} s.");
    }
}
