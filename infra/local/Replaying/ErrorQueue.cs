using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Replaying;

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
/// the endpoint's inbox handles one of them.
/// </summary>
internal sealed class ErrorQueue : IAsyncDisposable
{
    public const string DefaultName = "error";

    /// <summary>The number of messages in flight.</summary>
    private const int BatchSize = 100;

    private static readonly CreateChannelOptions WithConfirms =
        new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);

    private readonly IConnection _connection;
    private readonly string _name;

    private ErrorQueue(IConnection connection, string name)
    {
        _connection = connection;
        _name = name;
    }

    /// <exception cref="CannotStartException">There is no broker at that address.</exception>
    public static async Task<ErrorQueue> Open(string broker, string name, CancellationToken cancellationToken)
    {
        try
        {
            var factory = new ConnectionFactory { Uri = new Uri(broker), ClientProvidedName = "Replay", AutomaticRecoveryEnabled = false };
            return new ErrorQueue(await factory.CreateConnectionAsync(cancellationToken), name);
        }
        catch (BrokerUnreachableException e)
        {
            throw new CannotStartException($"RabbitMQ does not let us in: {e.InnerException?.Message ?? e.Message}");
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Reads at most this many messages. Afterwards the broker has them again, possibly in another order.</summary>
    public async Task<IReadOnlyList<FailedMessage>> Read(int max, CancellationToken cancellationToken)
    {
        if (!await QueueExists(cancellationToken))
        {
            return [];
        }

        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await Take(channel, max, cancellationToken);
    }

    /// <summary>
    /// Returns the selected messages to the queues they failed in, and counts the results. A message that fails again at once comes back
    /// while this runs; it is left for the next run, or this would never end.
    /// </summary>
    public async Task<IReadOnlyDictionary<ReplayResult, int>> Return(Predicate<FailedMessage> selected, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<ReplayResult, int>();
        if (!await QueueExists(cancellationToken))
        {
            return counts;
        }

        await using var source = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await using var target = await _connection.CreateChannelAsync(WithConfirms, cancellationToken);
        var returned = new HashSet<(string Id, string? Queue)>();
        var addresses = new Dictionary<string, bool>();
        while (await Take(source, BatchSize, cancellationToken) is { Count: > 0 } batch)
        {
            var results = new List<Task<ReplayResult>>();
            foreach (var message in batch.Where(message => selected(message)))
            {
                if (await FindObstacle(message, addresses, cancellationToken) is { } reason)
                {
                    results.Add(Task.FromResult(ReplayResult.Left(message, reason)));
                }
                else if (!returned.Add((message.Id, message.FailedQueue)))
                {
                    results.Add(Task.FromResult(ReplayResult.Left(message, "a message with this id was returned just now")));
                }
                else
                {
                    results.Add(Return(message, source, target, cancellationToken));
                }
            }

            foreach (var result in await Task.WhenAll(results))
            {
                counts[result] = counts.GetValueOrDefault(result) + 1;
            }
        }

        await source.CloseAsync(CancellationToken.None);
        return counts;
    }

    private static async Task<ReplayResult> Return(FailedMessage message, IChannel source, IChannel target, CancellationToken cancellationToken)
    {
        try
        {
            await target.BasicPublishAsync(message.FailedQueue!, "", mandatory: true, message.WithoutFailure(), message.Body, cancellationToken);
        }
        catch (PublishException refused)
        {
            return ReplayResult.Left(message, refused.IsReturn ? "no queue is bound to that exchange" : "the broker rejects it");
        }

        await source.BasicAckAsync(message.DeliveryTag, multiple: false, CancellationToken.None);
        return ReplayResult.Returned(message);
    }

    private async Task<string?> FindObstacle(FailedMessage message, Dictionary<string, bool> addresses, CancellationToken cancellationToken)
    {
        if (message.FailedQueue is not { } address)
        {
            return "it has no header with the queue it failed in";
        }

        if (!addresses.TryGetValue(address, out var exists))
        {
            addresses[address] = exists = await Exists(channel => channel.ExchangeDeclarePassiveAsync(address, cancellationToken), cancellationToken);
        }

        return exists ? null : "the exchange does not exist";
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

    /// <summary>False until an endpoint has created the queue.</summary>
    private Task<bool> QueueExists(CancellationToken cancellationToken) =>
        Exists(channel => channel.QueueDeclarePassiveAsync(_name, cancellationToken), cancellationToken);

    /// <summary>Uses a channel of its own, since the broker closes the channel of a passive declaration that fails.</summary>
    private async Task<bool> Exists(Func<IChannel, Task> ask, CancellationToken cancellationToken)
    {
        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
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
}
