using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Bus;

/// <summary>
/// Dispatches every outbox record, of sessions and handlers, that a crash or an outage left undispatched.
/// <code>
///   records undispatched for a whole interval, and not in flight here ─► claim by row lock ─► dispatch ─► mark
///   a record that cannot leave is tried again alone, after a pause that doubles each time, so that it holds up no other
/// </code>
/// A message that leaves twice is recognised by its receivers.
/// </summary>
internal sealed class OutboxPoller(
    OutboxStore outbox,
    OutboxMarker marker,
    Dispatch dispatch,
    InFlightCounter inFlight,
    EndpointHealth health,
    TimeProvider time,
    ILogger<OutboxPoller> logger)
{
    private const int PollLimit = 20_000;
    private const int ClaimSize = 100;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromHours(1);
    private readonly Dictionary<string, Pause> _pauses = [];

    /// <summary>Polls until cancelled.</summary>
    public async Task Run(CancellationToken cancellationToken)
    {
        HashSet<string> seenBefore = [];
        var turns = Channel.CreateBounded<bool>(1);
        TakeTurn();
        using var timer = time.CreateTimer(_ => TakeTurn(), state: null, PollInterval, PollInterval);
        while (await turns.Reader.WaitToReadAsync(cancellationToken) && turns.Reader.TryRead(out _))
        {
            try
            {
                bool isFull;
                do
                {
                    (seenBefore, isFull) = await Poll(seenBefore, cancellationToken);
                }
                while (isFull);
                health.OutboxPolled();
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                health.OutboxNotPolled(failure.Message);
                logger.LogWarning(LogEvents.OutboxMaintenanceFailed, "The outbox could not be polled: {Reason}", failure.Message);
            }
            finally
            {
                inFlight.End();
            }
        }

        // A poll counts as in flight from its tick on, so that WaitUntilSent does not end before it has begun.
        void TakeTurn()
        {
            inFlight.Begin();
            if (!turns.Writer.TryWrite(true))
            {
                inFlight.End();
            }
        }
    }

    /// <summary>
    /// Dispatches the records that were undispatched at the last poll and still are; younger ones are probably on their way. Returns the
    /// records seen, and whether there are probably more that can be dispatched at once.
    /// </summary>
    private async Task<(HashSet<string> Seen, bool IsFull)> Poll(HashSet<string> seenBefore, CancellationToken cancellationToken)
    {
        var undispatched = await outbox.FindUndispatched(PollLimit, except: [.. _pauses.Keys], cancellationToken);
        var recovered = 0;
        foreach (var claim in undispatched.Where(record => seenBefore.Contains(record) && !marker.IsInFlight(record)).Chunk(ClaimSize))
        {
            recovered += await Dispatch(claim, cancellationToken);
        }

        var isFull = undispatched.Count == PollLimit && recovered > 0;
        var now = time.GetUtcNow();
        var due = _pauses.Where(entry => entry.Value.Until <= now).OrderBy(entry => entry.Value.Until).Take(ClaimSize).ToList();
        foreach (var (record, _) in due)
        {
            recovered += await Dispatch([record], cancellationToken);
        }

        if (recovered > 0)
        {
            logger.LogInformation(LogEvents.OutboxRecovered, "Dispatched {Count} outbox records that were left behind", recovered);
        }

        return ([.. undispatched], isFull);
    }

    /// <summary>
    /// Dispatches a claim together or, when that fails, each record alone, so that one that can never leave holds up no other.
    /// </summary>
    private async Task<int> Dispatch(string[] claim, CancellationToken cancellationToken)
    {
        try
        {
            var dispatched = await outbox.DispatchUndispatched(
                claim, operations => dispatch(operations, cancellationToken), cancellationToken);
            // Only a record that is claimed alone has a pause.
            _pauses.Remove(claim[0]);
            return dispatched;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && !IsOutage(failure))
        {
            if (claim.Length == 1)
            {
                Postpone(claim[0], failure);
                return 0;
            }

            var dispatched = 0;
            foreach (var record in claim)
            {
                dispatched += await Dispatch([record], cancellationToken);
            }

            return dispatched;
        }
    }

    private void Postpone(string record, Exception failure)
    {
        var pause = _pauses.TryGetValue(record, out var last) ? last.Length * 2 : PollInterval;
        pause = pause < MaxPause ? pause : MaxPause;
        _pauses[record] = new Pause(pause, time.GetUtcNow() + pause);
        logger.LogWarning(
            LogEvents.DispatchPostponed,
            "The messages of outbox record {MessageId} are tried again in {Pause}: {Reason}",
            record,
            pause,
            failure.Message);
    }

    private static bool IsOutage(Exception failure) =>
        Database.IsUnavailable(failure) || failure.InnerException is BrokerUnreachableException or OperationCanceledException;

    private readonly record struct Pause(TimeSpan Length, DateTimeOffset Until);
}
