using System.Collections.Concurrent;
using RabbitMQ.Client;

namespace ShopSaga.Bus;

/// <summary>
/// Hands messages to the broker, over one connection and one channel with publisher confirms. All messages of a call are under way together;
/// the call returns when the broker has them all. The connection is opened when first needed and again after it was lost.
/// <code>
///   event        ─► exchange of its type, declared once; it may have no subscriber
///   destination  ─► exchange of that name; a queue must take it
///   delayed      ─► exchange of the delay's highest bit, the destination bound once; a queue must take it
/// </code>
/// </summary>
internal sealed class RabbitMqDispatcher(RabbitMqConnections connections, EndpointHealth health, TimeProvider time) : IAsyncDisposable
{
    /// <summary>A broker that is out of memory or disk blocks publishers without an error; waiting longer than this is one.</summary>
    private static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private PublishChannel? _current;

    /// <exception cref="BrokerUnavailableException">Not all of the messages reached the broker; they can be dispatched again.</exception>
    public async Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ConfirmTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var channel = await Channel(either.Token);
            if (operations.Count == 1)
            {
                await channel.Publish(operations[0], time, either.Token);
                return;
            }

            await Task.WhenAll(operations.Select(operation => channel.Publish(operation, time, either.Token)));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BrokerUnavailableException(
                timeout.IsCancellationRequested
                    ? $"The broker did not confirm {operations.Count} messages within {ConfirmTimeout.TotalSeconds:0} s."
                    : $"{operations.Count} messages could not be handed to the broker: {failure.Message}",
                failure);
        }
    }

    /// <summary>Passes a message on as it is, to a queue's exchange.</summary>
    public async Task Forward(string address, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        using var timeout = new CancellationTokenSource(ConfirmTimeout, time);
        var channel = await Channel(timeout.Token);
        await channel.Forward(address, new BasicProperties(properties), body, timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_current is not null)
        {
            await _current.DisposeAsync();
        }

        _connecting.Dispose();
    }

    private async Task<PublishChannel> Channel(CancellationToken cancellationToken)
    {
        if (_current is { IsOpen: true } open)
        {
            return open;
        }

        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_current is { IsOpen: true } opened)
            {
                return opened;
            }

            var previous = _current;
            _current = null;
            if (previous is not null)
            {
                await previous.DisposeAsync();
            }

            return _current = await PublishChannel.Open(connections, health, cancellationToken);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private sealed class PublishChannel(IConnection connection, IChannel channel) : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<Type, Task> _declaredTypes = new();
        private readonly ConcurrentDictionary<string, Task> _boundDestinations = new();

        public bool IsOpen => channel.IsOpen;

        public static async Task<PublishChannel> Open(RabbitMqConnections connections, EndpointHealth health, CancellationToken cancellationToken)
        {
            var connection = await connections.Open("Publish", cancellationToken);
            connection.ConnectionBlockedAsync += (_, blocked) => health.PublishingBlocked(blocked.Reason);
            connection.ConnectionUnblockedAsync += (_, _) => health.PublishingBlocked(null);
            connection.ConnectionShutdownAsync += (_, _) => health.PublishingBlocked(null);
            try
            {
                var options = new CreateChannelOptions(
                    publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null);
                return new PublishChannel(connection, await connection.CreateChannelAsync(options, cancellationToken));
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }

        public async Task Publish(OutgoingOperation operation, TimeProvider time, CancellationToken cancellationToken)
        {
            var properties = AmqpMapping.ToProperties(operation);
            if (operation.EventType is { } type)
            {
                await Once(_declaredTypes, type, declared => ConventionalTopology.DeclareType(channel, declared, CancellationToken.None));
                await channel.BasicPublishAsync(
                    ConventionalTopology.ExchangeOf(type), string.Empty, mandatory: false, properties, operation.Body, cancellationToken);
                return;
            }

            var destination = operation.Destination!;
            if (DelaySeconds(operation, time) is not { } seconds)
            {
                await channel.BasicPublishAsync(destination, string.Empty, mandatory: true, properties, operation.Body, cancellationToken);
                return;
            }

            await Once(_boundDestinations, destination, address => ConventionalTopology.BindDelayedDelivery(channel, address, CancellationToken.None));
            properties.Headers![AmqpMapping.DelayInSeconds] = (int)seconds;
            var (exchange, routingKey) = ConventionalTopology.Delayed(seconds, destination);
            await channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, operation.Body, cancellationToken);
        }

        public ValueTask Forward(string address, BasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
            channel.BasicPublishAsync(address, string.Empty, mandatory: true, properties, body, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await channel.DisposeAsync();
            await connection.DisposeAsync();
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
        private static long? DelaySeconds(OutgoingOperation operation, TimeProvider time)
        {
            var delay = operation.Delay ?? (operation.DeliverAt - time.GetUtcNow());
            if (delay is null)
            {
                return null;
            }

            var seconds = Math.Max(0, (long)Math.Ceiling(delay.Value.TotalSeconds));
            return seconds <= ConventionalTopology.LongestDelay
                ? seconds
                : throw new InvalidOperationException($"A delay of {seconds} s is longer than {ConventionalTopology.LongestDelay} s.");
        }
    }
}
