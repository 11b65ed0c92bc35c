using ShopSaga.Replaying;

namespace ShopSaga.Operations.Failures;

/// <summary>
/// What is in the error queue. Looking moves each message to the end of the queue (see <see cref="ErrorQueue"/>), so requests share what
/// was read while the number of messages stays the same, for some seconds.
/// </summary>
internal sealed class FailedMessages(FailureSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>Bounds the memory and the time of a request.</summary>
    private const int MaxRead = 10_000;

    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _reading = new(1);
    private Content? _last;

    /// <summary>The messages, the latest first.</summary>
    public async Task<Content> Read(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            await using var queue = await settings.Open(cancellationToken);
            var (depth, isConsumed) = await queue.Look(cancellationToken);
            if (_last is { } last && last.Depth == depth && time.GetUtcNow() - last.ReadAt < MaxAge)
            {
                return last with { IsConsumed = isConsumed };
            }

            var messages = new List<FailedMessageView>();
            if (!isConsumed)
            {
                await queue.Visit(MaxRead, message => messages.Add(FailedMessageView.Of(message)), cancellationToken);
            }

            messages.Sort((one, other) =>
                (other.FailedAt ?? DateTimeOffset.MinValue, other.Id).CompareTo((one.FailedAt ?? DateTimeOffset.MinValue, one.Id)));
            return _last = new Content(messages, depth, isConsumed, time.GetUtcNow());
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>One message with headers and body; null when it is not in the queue.</summary>
    public async Task<FailedMessageDetails?> Find(string id, CancellationToken cancellationToken)
    {
        await using var queue = await settings.Open(cancellationToken);
        FailedMessageDetails? found = null;
        await queue.Visit(
            MaxRead,
            message => found ??= FailedMessageView.IdOf(message) == id ? FailedMessageDetails.Of(message) : null,
            cancellationToken);
        return found;
    }

    /// <summary>Whether ServiceControl takes messages from the queue.</summary>
    public async Task<bool> AreConsumed(CancellationToken cancellationToken)
    {
        await using var queue = await settings.Open(cancellationToken);
        return await queue.IsConsumed(cancellationToken);
    }

    public void Dispose() => _reading.Dispose();

    /// <summary>What was read.</summary>
    internal sealed record Content(IReadOnlyList<FailedMessageView> Messages, int Depth, bool IsConsumed, DateTimeOffset ReadAt);
}
