using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Has deliveries processed, and answers for each.
/// <code>
///   transport ─► deliveries (bounded by the prefetch) ─► workers, each taking a group ─► MessageProcessor ─► acknowledge, or Recoverability
/// </code>
/// While the database is away, workers hold what they have: an outage costs no retries. What can be settled neither way goes back to its queue after a
/// pause, so that a broker or a policy that fails for long is not asked again and again without one.
/// </summary>
internal sealed class MessagePump(
    ReceiveSettings settings,
    MessageProcessor processor,
    Recoverability recoverability,
    RateLimit? rateLimit,
    Database database,
    EndpointHealth health,
    Func<string, Exception, Task> criticalError,
    AtStep? atStep,
    TimeProvider time,
    ILogger<MessagePump> logger)
{
    /// <summary>The pause before a message goes back that could not be settled.</summary>
    public static readonly TimeSpan BeforeAnotherAttempt = TimeSpan.FromSeconds(1);

    /// <summary>
    /// So often in a row must the connection break while messages are handled before they are blamed for it: a database that goes and comes back breaks
    /// it once.
    /// </summary>
    private const int BreaksBeforeBlame = 3;

    private static readonly TimeSpan AskDatabaseAgain = TimeSpan.FromMilliseconds(500);
    private readonly Channel<InFlightMessage> _deliveries = Channel.CreateUnbounded<InFlightMessage>();

    /// <summary>Takes a delivery over. Never waits; the transport's prefetch is the bound.</summary>
    public void Enqueue(InFlightMessage delivery) => _deliveries.Writer.TryWrite(delivery);

    /// <summary>Works until <paramref name="stop"/>; then finishes what is being handled, unless <paramref name="abort"/> cancels that too.</summary>
    public Task Run(CancellationToken stop, CancellationToken abort) =>
        Task.WhenAll(Enumerable.Range(0, settings.Concurrency).Select(_ => Task.Run(() => Work(stop, abort), CancellationToken.None)));

    /// <summary>Processes a group of deliveries and answers for each. A failure that not even recoverability could handle loses none of them.</summary>
    public async Task Process(IReadOnlyList<InFlightMessage> group, CancellationToken stop, CancellationToken abort)
    {
        try
        {
            using var turn = rateLimit is null ? null : await rateLimit.Turn(stop);
            await ProcessWithDatabase(group, stop, abort);
        }
        catch (Exception failure)
        {
            if (!stop.IsCancellationRequested && !abort.IsCancellationRequested)
            {
                await criticalError($"{settings.Queue} could not settle {group.Count} messages; they go back to the queue.", failure);
                await Pause(stop);
            }

            foreach (var delivery in group)
            {
                await delivery.Requeue();
            }
        }
    }

    private async Task Work(CancellationToken stop, CancellationToken abort)
    {
        var group = new List<InFlightMessage>(settings.GroupSize);
        try
        {
            while (await _deliveries.Reader.WaitToReadAsync(stop))
            {
                // Whatever waits, up to the size of a group: alone when the system is idle, many at once when it is not.
                group.Clear();
                var most = rateLimit is { IsOn: true } ? 1 : settings.GroupSize;
                while (group.Count < most && !stop.IsCancellationRequested && _deliveries.Reader.TryRead(out var delivery))
                {
                    if (delivery.IsAlive)
                    {
                        group.Add(delivery);
                    }
                }

                if (group.Count > 0)
                {
                    await Process([.. group], stop, abort);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logger.LogDebug(BusEvents.Stopped, "A worker of {Queue} stopped", settings.Queue);
        }
    }

    private async Task ProcessWithDatabase(IReadOnlyList<InFlightMessage> group, CancellationToken stop, CancellationToken abort)
    {
        for (var breaks = 0; ;)
        {
            try
            {
                var failures = await processor.Process([.. group.Select(delivery => delivery.Message)], abort);
                for (var i = 0; i < group.Count; i++)
                {
                    await Settle(group[i], failures[i], stop, abort);
                }

                return;
            }
            catch (Exception failure) when (Database.IsUnavailable(failure) && !abort.IsCancellationRequested)
            {
                if (!await database.Answers(abort))
                {
                    await WaitForDatabase(failure, stop);
                    breaks = 0;
                }
                else if (failure is not DatabaseUnavailableException && ++breaks == BreaksBeforeBlame)
                {
                    await BlameMessages(group, failure, stop, abort);
                    return;
                }
            }
        }
    }

    /// <summary>The database is there, so one of the messages breaks the connection; on their own, only that one fails.</summary>
    private async Task BlameMessages(IReadOnlyList<InFlightMessage> group, Exception failure, CancellationToken stop, CancellationToken abort)
    {
        if (group.Count == 1)
        {
            await Settle(group[0], failure, stop, abort);
            return;
        }

        foreach (var delivery in group)
        {
            await ProcessWithDatabase([delivery], stop, abort);
        }
    }

    private async Task WaitForDatabase(Exception failure, CancellationToken stop)
    {
        health.DatabaseLost(failure.Message);
        logger.LogWarning(BusEvents.DatabaseUnavailable, "{Queue} waits for its database: {Reason}", settings.Queue, failure.Message);
        do
        {
            await Task.Delay(AskDatabaseAgain, time, stop);
        }
        while (!await database.Answers(stop));

        health.DatabaseBack();
        logger.LogInformation(BusEvents.DatabaseAvailable, "{Queue} has its database again", settings.Queue);
    }

    private async Task Settle(InFlightMessage delivery, Exception? failure, CancellationToken stop, CancellationToken abort)
    {
        if (failure is null || await Recover(delivery.Message, failure, stop, abort))
        {
            if (atStep is not null)
            {
                await atStep(ProcessingStep.BeforeAcknowledge, delivery.Message.MessageId);
            }

            await delivery.Acknowledge();
        }
        else
        {
            await delivery.Requeue();
        }

        if (rateLimit is not null)
        {
            await (failure is null ? rateLimit.Succeeded(abort) : rateLimit.Failed(abort));
        }
    }

    private async Task<bool> Recover(IncomingMessage message, Exception failure, CancellationToken stop, CancellationToken abort)
    {
        try
        {
            return await recoverability.Recover(message, failure, abort);
        }
        catch (BrokerUnavailableException unavailable)
        {
            logger.LogWarning(BusEvents.BrokerUnavailable, "Message {MessageId} stays in its queue: {Reason}", message.MessageId, unavailable.Message);
            await Pause(stop);
            return false;
        }
    }

    private async Task Pause(CancellationToken stop) =>
        await Task.Delay(BeforeAnotherAttempt, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
