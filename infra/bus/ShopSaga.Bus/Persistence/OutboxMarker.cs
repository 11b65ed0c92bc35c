using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Marks outbox records as dispatched, as many with one statement as are waiting. A mark that is lost only makes messages leave a second time,
/// and their receivers know them by their ids, so nothing waits for it.
/// <code>
///   one at a time   ─► marked at once
///   many            ─► marked ─► pause, in which more gather ─► marked …          a commit for each pause, not for each few
/// </code>
/// </summary>
internal sealed class OutboxMarker(OutboxStore outbox, ILogger<OutboxMarker> logger)
{
    private const int Most = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly Outstanding _outstanding = new();
    private readonly Channel<string> _waiting = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Ends when nothing waits to be marked.</summary>
    public Task Settled => _outstanding.None;

    public void Mark(IReadOnlyCollection<string> messageIds)
    {
        _outstanding.Begin(messageIds.Count);
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
            while (batch.Count < Most && _waiting.Reader.TryRead(out var id))
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
                    BusEvents.OutboxMaintenanceFailed,
                    "{Count} outbox records could not be marked as dispatched; their messages will leave again: {Reason}",
                    batch.Count,
                    failure.Message);
            }

            _outstanding.End(batch.Count);
            if (batch.Count > 1)
            {
                // By the clock on the wall: one that a test lets stand still must not hold marks up.
                await Task.WhenAny(Task.Delay(Pause, TimeProvider.System, cancellationToken), _waiting.Reader.Completion);
            }
        }
    }

    public void Complete() => _waiting.Writer.TryComplete();
}
