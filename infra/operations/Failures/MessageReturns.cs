using ShopSaga.Replaying;

namespace ShopSaga.Operations.Failures;

/// <summary>
/// Returns failed messages in the background, one request after the other. A request that repeats one that has not ended gets the same
/// return. The lock of <see cref="ErrorQueue"/> keeps other processes out, so no message is returned twice.
/// </summary>
internal sealed class MessageReturns(
    FailureSettings settings, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<MessageReturns> logger) : IDisposable
{
    private const int MaxOpen = 50;
    private const int MaxKept = 200;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _running = new(1);
    private readonly List<MessageReturn> _returns = [];

    /// <summary>The returns of this process, the latest first. They are forgotten when it stops; the messages are not.</summary>
    public IReadOnlyList<MessageReturn> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _returns.AsEnumerable().Reverse()];
            }
        }
    }

    /// <summary>Begins a return, or finds the one that has not ended; null when too many wait.</summary>
    public MessageReturn? Begin(Selection selection, long userId)
    {
        MessageReturn begun;
        lock (_lock)
        {
            var open = _returns.Where(each => !each.HasEnded).ToList();
            if (open.FirstOrDefault(each => (each.Message, each.Group) == (selection.Message, selection.Group)) is { } same)
            {
                return same;
            }

            if (open.Count >= MaxOpen)
            {
                return null;
            }

            // Ids go on after a restart, so that none means another return.
            var now = time.GetUtcNow();
            var id = Math.Max(now.ToUnixTimeMilliseconds(), _returns.Count > 0 ? _returns[^1].Id + 1 : 0);
            begun = new MessageReturn(id, selection.Message, selection.Group, ReturnStatus.WAITING, 0, 0, 0, [], now, null);
            _returns.Add(begun);
            if (_returns.Count > MaxKept)
            {
                _returns.Remove(_returns.First(each => each.HasEnded));
            }
        }

        logger.LogInformation(
            LogEvents.ReturnRequested,
            "User {UserId} returns failed messages: return {ReturnId} of message {FailedMessage}, group {FailedGroup}",
            userId,
            begun.Id,
            selection.Message ?? "any",
            selection.Group ?? "any");
        _ = Run(begun.Id, selection, lifetime.ApplicationStopping);
        return begun;
    }

    public void Dispose() => _running.Dispose();

    private async Task Run(long id, Selection selection, CancellationToken stopping)
    {
        await Task.Yield();
        try
        {
            await _running.WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            await using var queue = await settings.Open(stopping);
            Change(id, each => each with { Status = ReturnStatus.RUNNING });
            var results = await queue.Return(
                IsSelected,
                stopping,
                (counts, remaining) => Change(id, each => Progress(each, counts, remaining)));
            var done = Change(id, each => Count(each, results) with { Status = ReturnStatus.DONE, EndedAt = time.GetUtcNow() });
            logger.LogInformation(
                LogEvents.MessagesReturned,
                "Return {ReturnId}: {Returned} messages returned, {Left} left",
                id,
                done.Returned,
                done.Left.Sum(left => left.Messages));
        }
        catch (Exception failure) when (FailureSetup.IsLoss(failure) || failure is OperationCanceledException)
        {
            Change(id, each => each with { Status = ReturnStatus.FAILED, EndedAt = time.GetUtcNow() });
            logger.LogWarning(LogEvents.ReturnFailed, failure, "Return {ReturnId} ended early; the messages it did not reach stay", id);
        }
        finally
        {
            _running.Release();
        }

        bool IsSelected(FailedMessage message) =>
            selection.Message is { } one ? FailedMessageView.IdOf(message) == one
            : selection.Group is null || FailedMessageView.GroupOf(message) == selection.Group;
    }

    private MessageReturn Change(long id, Func<MessageReturn, MessageReturn> change)
    {
        lock (_lock)
        {
            var index = _returns.FindIndex(each => each.Id == id);
            return _returns[index] = change(_returns[index]);
        }
    }

    private static MessageReturn Progress(MessageReturn each, IReadOnlyDictionary<ReplayResult, int> counts, int remaining)
    {
        // The first report comes before the first message.
        var total = each.Total == 0 ? remaining : each.Total;
        return Count(each, counts) with { Total = total, Looked = total - remaining };
    }

    private static MessageReturn Count(MessageReturn each, IReadOnlyDictionary<ReplayResult, int> counts) => each with
    {
        Returned = counts.Where(count => count.Key.Reason is null).Sum(count => count.Value),
        Left =
        [
            .. counts.Where(count => count.Key.Reason is not null)
                .GroupBy(count => (Queue: count.Key.Queue is { } queue ? FailedMessageView.Cut(queue) : null, count.Key.Reason))
                .Select(group => new LeftMessages(group.Key.Queue, group.Key.Reason!, group.Sum(count => count.Value))),
        ],
    };
}
