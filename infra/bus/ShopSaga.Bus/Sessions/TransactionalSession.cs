using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// The rows and messages of one request, committed together.
/// <code>
///   Open ─► BEGIN ─► business rows in the database, messages in memory ─► Commit ─► outbox record and COMMIT together ─► relay ─► broker
/// </code>
/// </summary>
internal sealed class TransactionalSession(
    string endpointName,
    Database database,
    OutboxStore outbox,
    OutgoingMessages outgoing,
    OutboxRelay relay,
    AtCrashPoint? atCrashPoint,
    TimeProvider time) : ITransactionalSession
{
    private readonly List<OutgoingOperation> _pending = [];
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;
    private SqlStorageSession? _session;
    private bool _opened;

    public ISynchronizedStorageSession SynchronizedStorageSession => OpenSession;

    public string SessionId { get; } = Guid.CreateVersion7().ToString();

    private SqlStorageSession OpenSession => _session ?? throw new InvalidOperationException(
        _opened ? "The transactional session is committed or disposed." : "The transactional session is not open: call Open first.");

    public async Task Open(OpenSessionOptions options, CancellationToken cancellationToken = default)
    {
        if (_opened)
        {
            throw new InvalidOperationException("The transactional session was opened before; it is good for one use.");
        }

        _opened = true;
        _connection = await database.Open(cancellationToken);
        _transaction = await _connection.BeginTransactionAsync(cancellationToken);
        _session = new SqlStorageSession(_connection, _transaction);
    }

    public Task Send(object message, SendOptions options, CancellationToken cancellationToken = default) =>
        Add(outgoing.Send(message, options, default));

    public Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default) =>
        Add(outgoing.Publish(message, options, default));

    public async Task Commit(CancellationToken cancellationToken = default)
    {
        _ = OpenSession;
        var started = time.GetTimestamp();
        var outcome = "failure";
        try
        {
            await StoreAndCommit(cancellationToken);
            outcome = "success";
        }
        finally
        {
            BusMeters.Committed(endpointName, outcome, time.GetElapsedTime(started));
        }
    }

    public void Dispose()
    {
        _session = null;
        _transaction?.Dispose();
        _connection?.Dispose();
        (_transaction, _connection) = (null, null);
    }

    public async ValueTask DisposeAsync()
    {
        _session = null;
        var (transaction, connection) = (_transaction, _connection);
        (_transaction, _connection) = (null, null);

        // A request that was aborted while the session opened has a connection, but no transaction.
        await using (connection)
        {
            await (transaction?.DisposeAsync() ?? default);
        }
    }

    private async Task StoreAndCommit(CancellationToken cancellationToken)
    {
        await Reached(CrashPoint.BeforeCommit);
        var records = new Dictionary<string, List<OutgoingOperation>>();
        if (_pending.Count > 0)
        {
            records.Add(SessionId, _pending);
        }

        await outbox.StoreAndCommit(_transaction!, records, cancellationToken);
        await Reached(CrashPoint.Committed);
        await DisposeAsync();
        if (_pending.Count > 0)
        {
            relay.Enqueue(SessionId, _pending);
        }
    }

    private Task Reached(CrashPoint point) => atCrashPoint?.Invoke(point, SessionId) ?? Task.CompletedTask;

    private Task Add(OutgoingOperation operation)
    {
        _ = OpenSession;
        _pending.Add(operation);
        return Task.CompletedTask;
    }
}
