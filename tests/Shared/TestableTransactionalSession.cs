using Npgsql;

namespace ShopSaga.Tests.Shared;

/// <summary>
/// The transactional session of a request. What it sends and publishes shows only after the commit. Given a database, it works in a
/// transaction there; otherwise a test that needs a storage session sets one.
/// </summary>
public sealed class TestableTransactionalSession(NpgsqlDataSource? database = null) : ITransactionalSession
{
    private readonly TestableMessageSession _pending = new();
    private ISynchronizedStorageSession? _storage;
    private TestSqlSession? _transaction;

    public bool Opened { get; private set; }

    public bool Committed { get; private set; }

    public string SessionId { get; } = Guid.NewGuid().ToString();

    public SentMessage<object>[] SentMessages => Committed ? _pending.SentMessages : [];

    public PublishedMessage<object>[] PublishedMessages => Committed ? _pending.PublishedMessages : [];

    public IEnumerable<object> Sent => SentMessages.Select(sent => sent.Message);

    public IEnumerable<object> Published => PublishedMessages.Select(published => published.Message);

    public ISynchronizedStorageSession SynchronizedStorageSession
    {
        get
        {
            RequireOpen();
            return _storage ?? throw new InvalidOperationException("The test set no storage session.");
        }
        set => _storage = value;
    }

    public async Task Open(OpenSessionOptions options, CancellationToken cancellationToken = default)
    {
        if (Opened)
        {
            throw new InvalidOperationException("The session was opened before.");
        }

        if (database is not null)
        {
            _storage = _transaction = await TestSqlSession.Begin(database);
        }

        Opened = true;
    }

    public Task Send(object message, SendOptions options, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        return _pending.Send(message, options, cancellationToken);
    }

    public Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        return _pending.Publish(message, options, cancellationToken);
    }

    // The next two are members of the interface in the other lane; no code here makes messages by actions.
    public Task Send<T>(Action<T> messageConstructor, SendOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task Publish<T>(Action<T> messageConstructor, PublishOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public async Task Commit(CancellationToken cancellationToken = default)
    {
        RequireOpen();
        if (_transaction is not null)
        {
            await _transaction.Commit();
        }

        Committed = true;
    }

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => _transaction?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void RequireOpen()
    {
        if (!Opened || Committed)
        {
            throw new InvalidOperationException("The session is not open.");
        }
    }
}
