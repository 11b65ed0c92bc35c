namespace ShopSaga.Bus;

/// <summary>
/// Locks, in one order and before the first handler, the rows that messages with different keys have in common.
/// </summary>
/// <param name="session">The group's transaction.</param>
/// <param name="messages">The contents of its messages, in the order in which they are handled.</param>
/// <param name="cancellationToken">Cancelled when the endpoint has to end.</param>
public delegate Task LockForGroup(
    ISynchronizedStorageSession session, IReadOnlyList<object> messages, CancellationToken cancellationToken);
