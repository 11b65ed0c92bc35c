using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Dispatches what transactional sessions committed, right after the commit and without the request waiting for it.
/// <code>
///   commit ─► queue in memory ─► dispatch ─► mark          the usual way, a few milliseconds
/// </code>
/// The queue is bounded; sessions that do not fit, or fail, are left to the poller.
/// </summary>
internal sealed class OutboxRelay(
    string endpointName,
    OutboxMarker marker,
    Dispatch dispatch,
    InFlightCounter inFlight,
    AtCrashPoint? atCrashPoint,
    TimeProvider time,
    ILogger<OutboxRelay> logger)
{
    private const int QueueLength = 10_000;
    private const int Dispatchers = 4;
    private const int MaxSessionsAtOnce = 50;

    private readonly Channel<Session> _committed = Channel.CreateBounded<Session>(QueueLength);

    /// <summary>Takes over what a session committed. Never waits.</summary>
    public void Enqueue(string sessionId, IReadOnlyList<OutgoingOperation> operations)
    {
        inFlight.Begin();
        marker.KeepFromPoller([sessionId]);
        if (!_committed.Writer.TryWrite(new Session(sessionId, operations)))
        {
            marker.LeaveToPoller([sessionId]);
            inFlight.End();
        }
    }

    /// <summary>Dispatches until <see cref="Complete"/> was called and the queue is empty.</summary>
    public Task RunDispatchers(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Dispatchers).Select(_ => Task.Run(() => DispatchCommitted(cancellationToken), cancellationToken)));

    public void Complete() => _committed.Writer.TryComplete();

    private async Task DispatchCommitted(CancellationToken cancellationToken)
    {
        var batch = new List<Session>();
        while (await _committed.Reader.WaitToReadAsync(cancellationToken))
        {
            batch.Clear();
            while (batch.Count < MaxSessionsAtOnce && _committed.Reader.TryRead(out var session))
            {
                batch.Add(session);
            }

            if (batch.Count == 0)
            {
                // Each of the dispatchers is woken, and another one was faster.
                continue;
            }

            try
            {
                var started = time.GetTimestamp();
                await dispatch([.. batch.SelectMany(session => session.Operations)], cancellationToken);
                BusMeters.Dispatched(endpointName, time.GetElapsedTime(started));
                if (atCrashPoint is not null)
                {
                    await atCrashPoint(CrashPoint.Dispatched, batch[0].Id);
                }

                marker.Mark([.. batch.Select(session => session.Id)]);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                marker.LeaveToPoller(batch.Select(session => session.Id));
                logger.LogWarning(
                    LogEvents.DispatchPostponed,
                    "The messages of {Count} committed sessions leave later: {Reason}",
                    batch.Count,
                    failure.Message);
            }

            inFlight.End(batch.Count);
        }
    }

    private readonly record struct Session(string Id, IReadOnlyList<OutgoingOperation> Operations);
}
