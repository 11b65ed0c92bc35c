namespace ShopSaga.Tests.Unit.Support;

/// <summary>A transactional session that keeps what is sent and published, and shows it as gone out only after the commit.</summary>
internal sealed class TestableTransactionalSession : ITransactionalSession
{
    private readonly TestableMessageSession _pending = new();
    private ISynchronizedStorageSession? _storage;

    public bool Opened { get; private set; }

    public bool Committed { get; private set; }

    public string SessionId { get; } = Guid.NewGuid().ToString();

    public SentMessage<object>[] SentMessages => Committed ? _pending.SentMessages : [];

    public PublishedMessage<object>[] PublishedMessages => Committed ? _pending.PublishedMessages : [];

    public ISynchronizedStorageSession SynchronizedStorageSession
    {
        get
        {
            RequireOpen();
            return _storage ?? throw new InvalidOperationException("The test set no storage session.");
        }
        set => _storage = value;
    }

    public Task Open(OpenSessionOptions options, CancellationToken cancellationToken = default)
    {
        if (Opened)
        {
            throw new InvalidOperationException("The session was opened before.");
        }

        Opened = true;
        return Task.CompletedTask;
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

    // The next two are members of the interface in the other lane; nobody here makes messages by actions.
    public Task Send<T>(Action<T> messageConstructor, SendOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task Publish<T>(Action<T> messageConstructor, PublishOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task Commit(CancellationToken cancellationToken = default)
    {
        RequireOpen();
        Committed = true;
        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void RequireOpen()
    {
        if (!Opened || Committed)
        {
            throw new InvalidOperationException("The session is not open.");
        }
    }
}
