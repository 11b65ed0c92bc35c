using Npgsql;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>The transactional session of a request, on a real database; what is published or sent shows once it is committed.</summary>
internal sealed class TestRequest(NpgsqlDataSource database) : ITransactionalSession
{
    private readonly TestableMessageSession _messages = new();
    private TestSqlSession? _sql;
    private bool _committed;

    public ISynchronizedStorageSession SynchronizedStorageSession => _sql!;

    public string SessionId => "test";

    public IEnumerable<object> Published => _committed ? _messages.PublishedMessages.Select(published => published.Message) : [];

    public IEnumerable<object> Sent => _committed ? _messages.SentMessages.Select(sent => sent.Message) : [];

    public async Task Open(OpenSessionOptions options, CancellationToken cancellationToken = default) => _sql = await TestSqlSession.Begin(database);

    public Task Send(object message, SendOptions options, CancellationToken cancellationToken = default) =>
        _messages.Send(message, options, cancellationToken);

    public Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default) =>
        _messages.Publish(message, options, cancellationToken);

    // The next two are members of the interface in the other lane; nobody here makes messages by actions.
    public Task Send<T>(Action<T> messageConstructor, SendOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task Publish<T>(Action<T> messageConstructor, PublishOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public async Task Commit(CancellationToken cancellationToken = default)
    {
        await _sql!.Commit();
        _committed = true;
    }

    public ValueTask DisposeAsync() => _sql?.DisposeAsync() ?? ValueTask.CompletedTask;

    public void Dispose()
    {
    }
}
