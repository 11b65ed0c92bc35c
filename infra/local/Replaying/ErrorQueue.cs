using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Local.Replaying;

/// <summary>
/// The queue of failed messages, worked on without ServiceControl. To return a message:
/// <code>
///   1 get, without acknowledging: it still belongs to the error queue
///   2 remove the failure's headers
///   3 publish to the exchange named like the queue it failed in, mandatory
///   4 the broker confirms: a queue has it
///   5 acknowledge: it leaves the error queue
/// </code>
/// Whatever dies before 5, the original is in the error queue again. Between 4 and 5 that makes two of it, with one id: the inbox of
/// the endpoint handles one. What is only looked at goes back the same way, when the channel closes.
/// </summary>
internal sealed class ErrorQueue : IAsyncDisposable
{
    public const string DefaultName = "error";

    /// <summary>So many are under way together.</summary>
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

    /// <summary>The messages that nobody holds just now, at most so many. Afterwards the broker has them again, not always in their order.</summary>
    public async Task<IReadOnlyList<FailedMessage>> Read(int most, CancellationToken cancellationToken)
    {
        if (!await IsThere(cancellationToken))
        {
            return [];
        }

        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await Take(channel, most, cancellationToken);
    }

    /// <summary>
    /// Returns the selected messages to the queues they failed in, and counts what became of them. One that fails there again at once is here
    /// again while this goes on; it is left for the next time, or this would never end.
    /// </summary>
    public async Task<IReadOnlyDictionary<Outcome, int>> Return(Predicate<FailedMessage> selected, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<Outcome, int>();
        if (!await IsThere(cancellationToken))
        {
            return counts;
        }

        await using var source = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await using var target = await _connection.CreateChannelAsync(WithConfirms, cancellationToken);
        var returned = new HashSet<(string Id, string? Queue)>();
        var addresses = new Dictionary<string, bool>();
        while (await Take(source, BatchSize, cancellationToken) is { Count: > 0 } batch)
        {
            var outcomes = new List<Task<Outcome>>();
            foreach (var message in batch.Where(message => selected(message)))
            {
                if (await WhyNot(message, addresses, cancellationToken) is { } reason)
                {
                    outcomes.Add(Task.FromResult(Outcome.Left(message, reason)));
                }
                else if (!returned.Add((message.Id, message.FailedQueue)))
                {
                    outcomes.Add(Task.FromResult(Outcome.Left(message, "one of its id was returned just now")));
                }
                else
                {
                    outcomes.Add(Return(message, source, target, cancellationToken));
                }
            }

            foreach (var outcome in await Task.WhenAll(outcomes))
            {
                counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
            }
        }

        await source.CloseAsync(CancellationToken.None);
        return counts;
    }

    private static async Task<Outcome> Return(FailedMessage message, IChannel source, IChannel target, CancellationToken cancellationToken)
    {
        try
        {
            await target.BasicPublishAsync(message.FailedQueue!, "", mandatory: true, message.WithoutFailure(), message.Body, cancellationToken);
        }
        catch (PublishException refused)
        {
            return Outcome.Left(message, refused.IsReturn ? "no queue is bound to that exchange" : "the broker does not take it");
        }

        await source.BasicAckAsync(message.DeliveryTag, multiple: false, CancellationToken.None);
        return Outcome.Returned(message);
    }

    private async Task<string?> WhyNot(FailedMessage message, Dictionary<string, bool> addresses, CancellationToken cancellationToken)
    {
        if (message.FailedQueue is not { } address)
        {
            return "it does not say which queue it failed in";
        }

        if (!addresses.TryGetValue(address, out var exists))
        {
            addresses[address] = exists = await Exists(channel => channel.ExchangeDeclarePassiveAsync(address, cancellationToken), cancellationToken);
        }

        return exists ? null : "there is no such exchange";
    }

    private async Task<IReadOnlyList<FailedMessage>> Take(IChannel channel, int most, CancellationToken cancellationToken)
    {
        var messages = new List<FailedMessage>();
        while (messages.Count < most && await channel.BasicGetAsync(_name, autoAck: false, cancellationToken) is { } taken)
        {
            messages.Add(new FailedMessage(taken));
        }

        return messages;
    }

    /// <summary>Until an endpoint has made the queue, nothing has failed.</summary>
    private Task<bool> IsThere(CancellationToken cancellationToken) =>
        Exists(channel => channel.QueueDeclarePassiveAsync(_name, cancellationToken), cancellationToken);

    /// <summary>The broker closes the channel that asks for what it does not have, so each question takes its own.</summary>
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
