using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Replaying;

/// <summary>
/// The queue of failed messages, for use without ServiceControl. To return a message:
/// <code>
///   1 get, without acknowledging: it still belongs to the error queue
///   2 remove the headers of the failure
///   3 publish to the exchange of the queue it failed in, mandatory
///   4 wait for the broker's confirm: a queue has it
///   5 acknowledge: it leaves the error queue
/// </code>
/// After a crash before step 5 the original is back in the error queue. After a crash between 4 and 5 there are two copies with one id, and
/// the endpoint handles one, and recognises the other by its inbox.
/// </summary>
/// <remarks>
/// A message that stays is not requeued: the broker counts requeues (<c>x-delivery-count</c>) and drops the message at its limit, which is
/// 20 by default since RabbitMQ 4. Instead, an unchanged copy goes to the end of the queue in the same steps; after a pass over the whole
/// queue the order is as before.
/// <para>
/// Two passes at once would hide messages from each other: one does not see those that the other holds. So a pass holds a lock, which is an
/// exclusive queue: the broker refuses it to every other connection, and removes it with the connection that declared it.
/// </para>
/// </remarks>
internal sealed class ErrorQueue : IAsyncDisposable
{
    public const string DefaultName = "error";

    /// <summary>
    /// The number of messages in flight. Below 32: from there on the broker holds acknowledgements for a quorum queue back until earlier
    /// ones are applied, and drops those that it still holds when the channel closes.
    /// </summary>
    private const int BatchSize = 30;

    private const int MaxLooks = 5;

    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(50);

    private static readonly CreateChannelOptions WithConfirms =
        new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);

    private readonly IConnection _connection;
    private readonly string _name;

    private ErrorQueue(IConnection connection, string name)
    {
        _connection = connection;
        _name = name;
    }

    /// <summary>Connects. An instance is for one pass at a time.</summary>
    /// <exception cref="BrokerUnreachableException">The connection to the broker failed.</exception>
    public static async Task<ErrorQueue> Open(string broker, string name, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = new Uri(broker), ClientProvidedName = "Replay", AutomaticRecoveryEnabled = false };
        return new ErrorQueue(await factory.CreateConnectionAsync(cancellationToken), name);
    }

    /// <summary>The queue that is the lock of an error queue.</summary>
    public static string LockOf(string name) => name + ".lock";

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>The number of messages. Touches none.</summary>
    public async Task<int> Count(CancellationToken cancellationToken) => (await State(cancellationToken)).Messages;

    /// <summary>
    /// Whether another program, such as ServiceControl, takes messages from the queue. A quorum queue counts a consumer during each get,
    /// and for a moment after a channel was closed; so a pass of another operator is none, and only a consumer that stays is one.
    /// </summary>
    public async Task<bool> IsConsumed(CancellationToken cancellationToken) => (await Look(cancellationToken)).IsConsumed;

    /// <summary>The number of messages, and whether another program takes them, asked for at once. Touches no message.</summary>
    public async Task<(int Messages, bool IsConsumed)> Look(CancellationToken cancellationToken)
    {
        for (var look = 1; ; look++)
        {
            var (messages, consumers) = await State(cancellationToken);
            if (consumers == 0 || await IsLocked(cancellationToken))
            {
                return (messages, false);
            }

            await Task.Delay(LookPause, TimeProvider.System, cancellationToken);
            if (look == MaxLooks)
            {
                return (messages, true);
            }
        }
    }

    private async Task<(int Messages, int Consumers)> State(CancellationToken cancellationToken)
    {
        (int, int) state = default;
        await Exists(
            _connection,
            async channel =>
            {
                var queue = await channel.QueueDeclarePassiveAsync(_name, cancellationToken);
                state = ((int)queue.MessageCount, (int)queue.ConsumerCount);
            },
            cancellationToken);
        return state;
    }

    /// <summary>Reads at most this many messages, which go to the end of the queue.</summary>
    public async Task<IReadOnlyList<FailedMessage>> Read(int max, CancellationToken cancellationToken)
    {
        var messages = new List<FailedMessage>();
        await Visit(max, messages.Add, cancellationToken);
        return messages;
    }

    /// <summary>Shows at most this many messages, one after the other, and holds none. They go to the end of the queue.</summary>
    public Task Visit(int max, Action<FailedMessage> visit, CancellationToken cancellationToken) => ForEachBatch(
        max,
        async (batch, source, target) =>
        {
            await Task.WhenAll(batch.Select(message => MoveToEnd(message, source, target, cancellationToken)));
            foreach (var message in batch)
            {
                visit(message);
            }
        },
        cancellationToken);

    /// <summary>
    /// Returns the selected messages to the queues they failed in, and counts the results. Messages that fail again meanwhile wait for
    /// the next pass.
    /// </summary>
    /// <param name="selected">Whether to return a message.</param>
    /// <param name="cancellationToken">Ends the pass; messages that it has not reached stay.</param>
    /// <param name="progress">Told after each batch the counts so far, and how many messages are still to be looked at.</param>
    public async Task<IReadOnlyDictionary<ReplayResult, int>> Return(
        Predicate<FailedMessage> selected,
        CancellationToken cancellationToken,
        Action<IReadOnlyDictionary<ReplayResult, int>, int>? progress = null)
    {
        var counts = new Dictionary<ReplayResult, int>();
        await using var channels = new ReturnChannels(_connection);
        await ForEachBatch(
            int.MaxValue,
            async (batch, source, target) =>
            {
                var results = new List<Task<ReplayResult?>>();
                foreach (var message in batch)
                {
                    if (!selected(message))
                    {
                        results.Add(Keep(message, null, source, target, cancellationToken));
                    }
                    else if (message.FailedQueue is not { } address)
                    {
                        results.Add(Keep(message, "it has no header with the queue it failed in", source, target, cancellationToken));
                    }
                    else
                    {
                        var (channel, reason) = await channels.To(address, cancellationToken);
                        results.Add(channel is null
                            ? Keep(message, reason, source, target, cancellationToken)
                            : Return(message, channel, source, target, cancellationToken));
                    }
                }

                foreach (var result in (await Task.WhenAll(results)).OfType<ReplayResult>())
                {
                    counts[result] = counts.GetValueOrDefault(result) + 1;
                }
            },
            cancellationToken,
            remaining => progress?.Invoke(counts, remaining));
        return counts;
    }

    /// <summary>
    /// Takes the messages that are in the queue now. Copies and messages that fail again come after them, so the number of messages at the
    /// start is where this ends.
    /// </summary>
    private async Task ForEachBatch(
        int max,
        Func<IReadOnlyList<FailedMessage>, IChannel, IChannel, Task> work,
        CancellationToken cancellationToken,
        Action<int>? progress = null)
    {
        if (await Count(cancellationToken) == 0)
        {
            return;
        }

        await using var @lock = await Lock(cancellationToken);
        var remaining = Math.Min(max, await Count(cancellationToken));
        progress?.Invoke(remaining);
        await using var source = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await using var target = await _connection.CreateChannelAsync(WithConfirms, cancellationToken);
        while (await Take(source, Math.Min(remaining, BatchSize), cancellationToken) is { Count: > 0 } batch)
        {
            await work(batch, source, target);
            remaining -= batch.Count;
            progress?.Invoke(remaining);
        }

        // Waits until the broker has the last acknowledgements.
        await source.CloseAsync(CancellationToken.None);
    }

    /// <summary>Waits until no other connection has the lock.</summary>
    private async Task<HeldLock> Lock(CancellationToken cancellationToken)
    {
        while (true)
        {
            var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
            try
            {
                await channel.QueueDeclareAsync(
                    LockOf(_name), durable: false, exclusive: true, autoDelete: false, cancellationToken: cancellationToken);
                return new HeldLock(channel, LockOf(_name));
            }
            catch (OperationInterruptedException held) when (held.ShutdownReason?.ReplyCode == Constants.ResourceLocked)
            {
                await channel.DisposeAsync();
                await Task.Delay(LockRetry, TimeProvider.System, cancellationToken);
            }
            catch
            {
                await channel.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Whether another connection has the lock.</summary>
    private async Task<bool> IsLocked(CancellationToken cancellationToken)
    {
        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await channel.QueueDeclarePassiveAsync(LockOf(_name), cancellationToken);
            return false;
        }
        catch (OperationInterruptedException refused)
            when (refused.ShutdownReason?.ReplyCode is Constants.NotFound or Constants.ResourceLocked)
        {
            return refused.ShutdownReason.ReplyCode == Constants.ResourceLocked;
        }
    }

    private async Task<ReplayResult?> Return(
        FailedMessage message, IChannel channel, IChannel source, IChannel target, CancellationToken cancellationToken)
    {
        try
        {
            await channel.BasicPublishAsync(
                message.FailedQueue!, "", mandatory: true, message.WithoutFailure(), message.Body, cancellationToken);
        }
        catch (PublishException refused)
        {
            var reason = refused.IsReturn ? "no queue is bound to that exchange" : "the broker rejects it";
            return await Keep(message, reason, source, target, cancellationToken);
        }
        catch (OperationInterruptedException closed) when (source.IsOpen && closed.ShutdownReason is { } refused)
        {
            return await Keep(message, $"the broker refuses it: {refused.ReplyText}", source, target, cancellationToken);
        }

        await source.BasicAckAsync(message.DeliveryTag, multiple: false, CancellationToken.None);
        return ReplayResult.Returned(message);
    }

    private async Task<ReplayResult?> Keep(
        FailedMessage message, string? reason, IChannel source, IChannel target, CancellationToken cancellationToken)
    {
        await MoveToEnd(message, source, target, cancellationToken);
        return reason is null ? null : ReplayResult.Kept(message, reason);
    }

    /// <summary>Moves a message to the end of the queue; through the default exchange, as other queues may be bound to its own.</summary>
    private async Task MoveToEnd(FailedMessage message, IChannel source, IChannel target, CancellationToken cancellationToken)
    {
        await target.BasicPublishAsync("", _name, mandatory: true, message.Unchanged(), message.Body, cancellationToken);
        await source.BasicAckAsync(message.DeliveryTag, multiple: false, CancellationToken.None);
    }

    private async Task<IReadOnlyList<FailedMessage>> Take(IChannel channel, int max, CancellationToken cancellationToken)
    {
        var messages = new List<FailedMessage>();
        while (messages.Count < max && await channel.BasicGetAsync(_name, autoAck: false, cancellationToken) is { } taken)
        {
            messages.Add(new FailedMessage(taken));
        }

        return messages;
    }

    /// <summary>Uses a channel of its own, since the broker closes the channel of a passive declaration that fails.</summary>
    private static async Task<bool> Exists(IConnection connection, Func<IChannel, Task> ask, CancellationToken cancellationToken)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await ask(channel);
            return true;
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return false;
        }
    }

    /// <summary>
    /// Channels to the queues that messages failed in, one for each: the broker closes the channel of a message that it refuses, with all
    /// that is in flight there, and the header with the queue may say anything.
    /// </summary>
    private sealed class ReturnChannels(IConnection connection) : IAsyncDisposable
    {
        /// <summary>Of a name in AMQP (0-9-1, 4.2.5.3), in bytes.</summary>
        private const int MaxName = 255;

        private readonly Dictionary<string, (IChannel? Channel, string? Reason)> _known = [];

        /// <summary>The channel to an address, or why there is none.</summary>
        public async Task<(IChannel? Channel, string? Reason)> To(string address, CancellationToken cancellationToken)
        {
            if (!_known.TryGetValue(address, out var known))
            {
                _known[address] = known = await Find(address, cancellationToken);
            }

            return known;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (channel, _) in _known.Values)
            {
                await (channel?.DisposeAsync() ?? default);
            }
        }

        private async Task<(IChannel? Channel, string? Reason)> Find(string address, CancellationToken cancellationToken) =>
            Encoding.UTF8.GetByteCount(address) > MaxName ? (null, "the name of the queue it failed in is too long for one")
            : await Exists(connection, channel => channel.ExchangeDeclarePassiveAsync(address, cancellationToken), cancellationToken)
                ? (await connection.CreateChannelAsync(WithConfirms, cancellationToken), null)
                : (null, "the exchange does not exist");
    }

    private sealed class HeldLock(IChannel channel, string name) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            // With a lost connection, the broker has removed the queue already.
            if (channel.IsOpen)
            {
                await channel.QueueDeleteAsync(name, ifUnused: false, ifEmpty: false, cancellationToken: CancellationToken.None);
            }

            await channel.DisposeAsync();
        }
    }
}
