using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Processes deliveries and settles each.
/// <code>
///   transport ─► deliveries (bounded by the prefetch) ─► workers, each taking a group ─► GroupProcessor ─► acknowledge, or Recoverability
///                │                                                    │ those that wait for a lock
///                └► those to be handled alone ─► more workers, each taking one ─────────┘
/// </code>
/// While the database is away, workers hold their messages: an outage costs no retries (docs/decisions/005-an-outage-costs-no-retries.md).
/// A message that could neither be acknowledged nor moved is requeued after a pause, so that a broker that is unavailable for long is not
/// flooded with attempts.
/// </summary>
internal sealed class MessagePump(
    ReceiveSettings settings,
    GroupProcessor processor,
    Func<IncomingMessage, bool> isHandledAlone,
    Recoverability recoverability,
    Database database,
    EndpointHealth health,
    Action<string, Exception> criticalError,
    AtCrashPoint? atCrashPoint,
    TimeProvider time,
    ILogger<MessagePump> logger) : IDeliveryTarget
{
    /// <summary>The pause before a message that could not be settled is requeued.</summary>
    private static readonly TimeSpan PauseBeforeRequeue = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The connection must break this often in a row before the messages being handled are blamed for it: a database that restarts breaks
    /// it once.
    /// </summary>
    private const int BreaksBeforeBlame = 3;

    private static readonly TimeSpan AskDatabaseAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);
    private readonly Channel<InFlightMessage> _deliveries = Channel.CreateUnbounded<InFlightMessage>();
    private readonly Channel<InFlightMessage> _alone = Channel.CreateUnbounded<InFlightMessage>();

    /// <inheritdoc />
    public void Enqueue(InFlightMessage delivery) =>
        (settings.ConcurrencyAlone > 0 && isHandledAlone(delivery.Message) ? _alone : _deliveries).Writer.TryWrite(delivery);

    /// <summary>
    /// Works until <paramref name="stop"/>; then finishes what is being handled, unless <paramref name="abort"/> cancels that too.
    /// </summary>
    public Task Run(CancellationToken stop, CancellationToken abort) => Task.WhenAll(
    [
        .. Enumerable.Range(0, settings.Concurrency)
            .Select(_ => Task.Run(() => Work(_deliveries.Reader, settings.GroupSize, stop, abort), CancellationToken.None)),
        .. Enumerable.Range(0, settings.ConcurrencyAlone)
            .Select(_ => Task.Run(() => Work(_alone.Reader, groupSize: 1, stop, abort), CancellationToken.None)),
    ]);

    /// <inheritdoc />
    public Task Process(IReadOnlyList<InFlightMessage> group, CancellationToken stop, CancellationToken abort) =>
        Process(group, isPatient: true, stop, abort);

    private async Task Process(IReadOnlyList<InFlightMessage> group, bool isPatient, CancellationToken stop, CancellationToken abort)
    {
        try
        {
            await ProcessWaitingForDatabase(group, isPatient, stop, abort);
        }
        catch (Exception failure)
        {
            if (!stop.IsCancellationRequested && !abort.IsCancellationRequested)
            {
                criticalError($"{settings.Queue} could not settle {group.Count} messages; they go back to the queue.", failure);
                await Pause(stop);
            }

            foreach (var delivery in group)
            {
                await delivery.Requeue();
            }
        }
    }

    private async Task Work(ChannelReader<InFlightMessage> deliveries, int groupSize, CancellationToken stop, CancellationToken abort)
    {
        var group = new List<InFlightMessage>(groupSize);
        var isPatient = groupSize == 1 || settings.ConcurrencyAlone == 0;
        try
        {
            while (await deliveries.WaitToReadAsync(stop))
            {
                // All that wait, up to the size of a group: one message when the system is idle, many when it is not.
                group.Clear();
                while (group.Count < groupSize && !stop.IsCancellationRequested && deliveries.TryRead(out var delivery))
                {
                    if (delivery.IsAlive)
                    {
                        group.Add(delivery);
                    }
                }

                if (group.Count > 0)
                {
                    await Process([.. group], isPatient, stop, abort);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logger.LogDebug(LogEvents.Stopped, "A worker of {Queue} stopped", settings.Queue);
        }
    }

    private async Task ProcessWaitingForDatabase(
        IReadOnlyList<InFlightMessage> group, bool isPatient, CancellationToken stop, CancellationToken abort)
    {
        var (breaks, refusals) = (0, 0);
        while (true)
        {
            try
            {
                var failures = await processor.Process([.. group.Select(delivery => delivery.Message)], isPatient, abort);
                DatabaseAcceptsWrites(refusals);
                for (var i = 0; i < group.Count; i++)
                {
                    if (failures[i] is LockedException)
                    {
                        _alone.Writer.TryWrite(group[i]);
                    }
                    else
                    {
                        await Settle(group[i], failures[i], stop, abort);
                    }
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
                else if (Database.RefusesWrites(failure))
                {
                    // No query shows when writes are accepted again, so the message itself is the probe.
                    await WaitForWrites(failure, ++refusals, stop);
                }
                else if (failure is not DatabaseUnavailableException && ++breaks == BreaksBeforeBlame)
                {
                    await BlameMessages(group, isPatient, failure, stop, abort);
                    return;
                }
            }
        }
    }

    /// <summary>The database is there, so one of the messages breaks the connection; on their own, only that one fails.</summary>
    private async Task BlameMessages(
        IReadOnlyList<InFlightMessage> group, bool isPatient, Exception failure, CancellationToken stop, CancellationToken abort)
    {
        if (group.Count == 1)
        {
            await Settle(group[0], failure, stop, abort);
            return;
        }

        foreach (var delivery in group)
        {
            await ProcessWaitingForDatabase([delivery], isPatient, stop, abort);
        }
    }

    private async Task WaitForDatabase(Exception failure, CancellationToken stop)
    {
        health.DatabaseLost(failure.Message);
        logger.LogWarning(LogEvents.DatabaseUnavailable, "{Queue} waits for its database: {Reason}", settings.Queue, failure.Message);
        do
        {
            await Task.Delay(AskDatabaseAgain, time, stop);
        }
        while (!await database.Answers(stop));

        health.DatabaseBack();
        logger.LogInformation(LogEvents.DatabaseAvailable, "{Queue} has its database again", settings.Queue);
    }

    private async Task WaitForWrites(Exception failure, int refusals, CancellationToken stop)
    {
        health.DatabaseLost(failure.Message);
        if (refusals == 1)
        {
            logger.LogWarning(LogEvents.DatabaseUnavailable, "{Queue} waits for its database: {Reason}", settings.Queue, failure.Message);
        }

        var pause = AskDatabaseAgain * refusals;
        await Task.Delay(pause < MaxPause ? pause : MaxPause, time, stop);
    }

    private void DatabaseAcceptsWrites(int refusals)
    {
        if (refusals > 0)
        {
            health.DatabaseBack();
            logger.LogInformation(LogEvents.DatabaseAvailable, "{Queue} has its database again", settings.Queue);
        }
    }

    private async Task Settle(InFlightMessage delivery, Exception? failure, CancellationToken stop, CancellationToken abort)
    {
        if (failure is null || await Recover(delivery, failure, stop, abort))
        {
            if (atCrashPoint is not null)
            {
                await atCrashPoint(CrashPoint.BeforeAcknowledge, delivery.Message.MessageId);
            }

            await delivery.Acknowledge();
        }
        else
        {
            await delivery.Requeue();
        }
    }

    private async Task<bool> Recover(InFlightMessage delivery, Exception failure, CancellationToken stop, CancellationToken abort)
    {
        var messageId = delivery.Message.MessageId;
        try
        {
            return await recoverability.Recover(delivery.Message, failure, abort);
        }
        catch (BrokerUnavailableException unavailable)
        {
            if (unavailable.IsRefusal && await MoveAsItCame(delivery, failure))
            {
                return true;
            }

            logger.LogWarning(
                LogEvents.BrokerUnavailable, "Message {MessageId} stays in its queue: {Reason}", messageId, unavailable.Message);
            await Pause(stop);
            return false;
        }
        catch (Exception noCopy) when (!abort.IsCancellationRequested)
        {
            // Such as an exception whose text throws: trying again would never end.
            if (await MoveAsItCame(delivery, noCopy))
            {
                return true;
            }

            throw;
        }
    }

    /// <summary>The last resort: recoverability can make no copy, or the broker is there and refuses each.</summary>
    private async Task<bool> MoveAsItCame(InFlightMessage delivery, Exception failure)
    {
        try
        {
            await delivery.ForwardToErrorQueue();
            logger.LogError(
                LogEvents.MovedAsItCame,
                failure,
                "Message {MessageId} failed and went to the error queue as it came",
                delivery.Message.MessageId);
            return true;
        }
        catch (Exception refused)
        {
            logger.LogWarning(
                LogEvents.BrokerUnavailable,
                "The error queue does not take message {MessageId}: {Reason}",
                delivery.Message.MessageId,
                refused.Message);
            return false;
        }
    }

    private async Task Pause(CancellationToken stop) =>
        await Task.Delay(PauseBeforeRequeue, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
