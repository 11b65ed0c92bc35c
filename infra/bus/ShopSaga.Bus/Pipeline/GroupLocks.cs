namespace ShopSaga.Bus;

/// <summary>
/// Keeps groups from deadlocks: each locks the keys of all its messages at its start, in ascending order, and handles the messages in that
/// order. Messages of one key are never handled at the same time, even if they are about different rows.
/// </summary>
internal sealed class GroupLocks(HandlerInvoker handlers, Func<object, long?> keyOf, LockForGroup? lockMore)
{
    /// <summary>The messages in the order in which they are handled: those without a key first.</summary>
    public IReadOnlyList<IncomingMessage> InOrder(IReadOnlyList<IncomingMessage> messages) =>
        messages.Count == 1 ? messages : [.. messages.OrderBy(KeyOf)];

    /// <summary>The keys to lock, ascending.</summary>
    public long[] KeysOf(IReadOnlyList<IncomingMessage> messages) =>
        [.. messages.Select(KeyOf).OfType<long>().Distinct().Order()];

    /// <summary>
    /// Locks, in one order, the rows that messages with different keys have in common. A single message needs no more locks.
    /// </summary>
    public Task LockMore(IReadOnlyList<IncomingMessage> messages, SqlStorageSession session, CancellationToken cancellationToken) =>
        lockMore is null || messages.Count < 2
            ? Task.CompletedTask
            : lockMore(session, [.. messages.Select(handlers.TryRead).OfType<object>()], cancellationToken);

    private long? KeyOf(IncomingMessage message) => handlers.TryRead(message) is { } content ? keyOf(content) : null;
}
