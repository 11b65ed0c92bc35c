namespace ShopSaga.Bus;

/// <summary>Sends messages outside a handler, at once and without a database transaction. Registered as a singleton.</summary>
public interface IMessageSession
{
    /// <summary>Sends a message to the destination in <paramref name="options"/>; returns when the broker has it.</summary>
    Task Send(object message, SendOptions options, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event; returns when the broker has it.</summary>
    Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default);
}

/// <summary>
/// A database transaction together with messages: those sent or published between <see cref="Open"/> and <see cref="Commit"/> leave if and
/// only if the transaction commits, even when the process dies right after it. Registered as scoped; good for one use.
/// </summary>
public interface ITransactionalSession : IDisposable, IAsyncDisposable
{
    /// <summary>The connection and transaction that business rows are written with.</summary>
    /// <exception cref="InvalidOperationException">The session is not open.</exception>
    ISynchronizedStorageSession SynchronizedStorageSession { get; }

    /// <summary>The key of the session's outbox record.</summary>
    string SessionId { get; }

    /// <summary>Begins the transaction.</summary>
    /// <exception cref="InvalidOperationException">The session was opened before.</exception>
    Task Open(OpenSessionOptions options, CancellationToken cancellationToken = default);

    /// <summary>Adds a message to the transaction.</summary>
    /// <exception cref="InvalidOperationException">The session is not open.</exception>
    Task Send(object message, SendOptions options, CancellationToken cancellationToken = default);

    /// <summary>Adds an event to the transaction.</summary>
    /// <exception cref="InvalidOperationException">The session is not open.</exception>
    Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Commits. When it returns, the rows are durable and the messages will leave; when it throws, neither happened or will, unless the
    /// connection broke while the server committed: then either both or neither, and only the rows can tell.
    /// </summary>
    /// <exception cref="InvalidOperationException">The session is not open.</exception>
    Task Commit(CancellationToken cancellationToken = default);
}

/// <summary>How a transactional session is opened.</summary>
public abstract class OpenSessionOptions;

/// <summary>How a transactional session on a SQL database is opened.</summary>
public sealed class SqlPersistenceOpenSessionOptions : OpenSessionOptions;

/// <summary>A unit of work on the endpoint's storage.</summary>
public interface ISynchronizedStorageSession;

/// <summary>A unit of work on the endpoint's SQL database.</summary>
public interface ISqlStorageSession
{
    /// <summary>The open connection; not to be closed.</summary>
    System.Data.Common.DbConnection Connection { get; }

    /// <summary>The transaction every command must carry; not to be committed or rolled back.</summary>
    System.Data.Common.DbTransaction Transaction { get; }
}

/// <summary>Shorter forms without options.</summary>
public static class SessionExtensions
{
    /// <summary>Publishes an event; returns when the broker has it.</summary>
    public static Task Publish(this IMessageSession session, object message, CancellationToken cancellationToken = default) =>
        session.Publish(message, new PublishOptions(), cancellationToken);

    /// <summary>Sends a message to this endpoint's own queue; returns when the broker has it.</summary>
    public static Task SendLocal(this IMessageSession session, object message, CancellationToken cancellationToken = default) =>
        session.Send(message, OptionsExtensions.ToThisEndpoint(), cancellationToken);

    /// <summary>Adds an event to the transaction.</summary>
    public static Task Publish(this ITransactionalSession session, object message, CancellationToken cancellationToken = default) =>
        session.Publish(message, new PublishOptions(), cancellationToken);

    /// <summary>Adds a message to this endpoint's own queue to the transaction.</summary>
    public static Task SendLocal(this ITransactionalSession session, object message, CancellationToken cancellationToken = default) =>
        session.Send(message, OptionsExtensions.ToThisEndpoint(), cancellationToken);

    /// <summary>The SQL view of the session.</summary>
    /// <exception cref="InvalidOperationException">The session's storage is not a SQL database.</exception>
    public static ISqlStorageSession SqlPersistenceSession(this ISynchronizedStorageSession session) =>
        session as ISqlStorageSession ?? throw new InvalidOperationException("The storage session is not a SQL session.");
}
