namespace ShopSaga.Bus;

/// <summary>Locks more, in the group's transaction and before its first handler, for the messages that it handles.</summary>
/// <param name="session">The group's transaction.</param>
/// <param name="messages">The contents of its messages, in the order in which they are handled.</param>
/// <param name="cancellationToken">Cancelled when the endpoint has to end.</param>
public delegate Task LockForGroup(
    ISynchronizedStorageSession session, IReadOnlyList<object> messages, CancellationToken cancellationToken);

/// <summary>
/// Keeps groups from waiting for each other in a circle: each handles its messages in ascending order of their keys, and locks all keys at
/// its begin, in that order. Messages of one key are never handled at the same time, whatever rows they are about.
/// </summary>
internal sealed class GroupLocks(HandlerInvoker handlers, Func<object, long?> keyOf, LockForGroup? lockMore)
{
    /// <summary>The messages in the order in which they are handled: those without a key first.</summary>
    public IReadOnlyList<IncomingMessage> InOrder(IReadOnlyList<IncomingMessage> messages) =>
        messages.Count == 1 ? messages : [.. messages.OrderBy(KeyOf)];

    /// <summary>The keys to lock, ascending.</summary>
    public long[] KeysOf(IReadOnlyList<IncomingMessage> messages) =>
        [.. messages.Select(KeyOf).OfType<long>().Distinct().Order()];

    /// <summary>Locks what the endpoint wants besides; a message alone has nothing in common with others of its group.</summary>
    public Task LockMore(IReadOnlyList<IncomingMessage> messages, SqlStorageSession session, CancellationToken cancellationToken) =>
        lockMore is null || messages.Count < 2
            ? Task.CompletedTask
            : lockMore(session, [.. messages.Select(handlers.TryRead).OfType<object>()], cancellationToken);

    private long? KeyOf(IncomingMessage message) => handlers.TryRead(message) is { } content ? keyOf(content) : null;
}
