using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Marks outbox records as dispatched, all waiting ones with one statement. Nothing waits for a mark: one that is lost makes messages leave
/// a second time, and their receivers recognise them by their ids. Until its mark, a record is in flight here, so that the poller of
/// this process leaves it alone, however slow broker and database are.
/// <code>
///   one at a time   ─► marked at once
///   many            ─► marked ─► pause, in which more gather ─► marked …          one commit for each pause, not for each few records
/// </code>
/// </summary>
internal sealed class OutboxMarker(OutboxStore outbox, InFlightCounter inFlight, ILogger<OutboxMarker> logger)
{
    private const int MaxBatch = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly ConcurrentDictionary<string, bool> _records = new();
    private readonly Channel<string> _waiting = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>
    /// The messages of these records are about to leave, and the poller leaves them alone; <see cref="Mark"/> or <see
    /// cref="LeaveToPoller"/> must follow.
    /// </summary>
    public void KeepFromPoller(IEnumerable<string> messageIds)
    {
        foreach (var id in messageIds)
        {
            _records.TryAdd(id, true);
        }
    }

    /// <summary>The poller may take these records again: their messages did not leave, or they are marked.</summary>
    public void LeaveToPoller(IEnumerable<string> messageIds)
    {
        foreach (var id in messageIds)
        {
            _records.TryRemove(id, out _);
        }
    }

    public bool IsInFlight(string messageId) => _records.ContainsKey(messageId);

    public void Mark(IReadOnlyCollection<string> messageIds)
    {
        inFlight.Begin(messageIds.Count);
        foreach (var id in messageIds)
        {
            _waiting.Writer.TryWrite(id);
        }
    }

    /// <summary>Runs until <see cref="Complete"/> was called and everything waiting was marked.</summary>
    public async Task Run(CancellationToken cancellationToken)
    {
        var batch = new List<string>();
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var id))
            {
                batch.Add(id);
            }

            try
            {
                await outbox.MarkAsDispatched([.. batch], cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning(
                    LogEvents.OutboxMaintenanceFailed,
                    "{Count} outbox records could not be marked as dispatched; their messages will leave again: {Reason}",
                    batch.Count,
                    failure.Message);
            }

            LeaveToPoller(batch);
            inFlight.End(batch.Count);
            if (batch.Count > 1)
            {
                // By the system clock: a test's clock that stands still must not hold marks up.
                await Task.WhenAny(Task.Delay(Pause, TimeProvider.System, cancellationToken), _waiting.Reader.Completion);
            }
        }
    }

    public void Complete() => _waiting.Writer.TryComplete();
}
