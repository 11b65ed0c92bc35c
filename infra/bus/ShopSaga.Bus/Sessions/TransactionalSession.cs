using System.Diagnostics;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// A transaction that messages leave with.
/// <code>
///   Open ─► BEGIN ─► business rows in the database, messages in memory ─► Commit ─► callbacks ─► outbox record and COMMIT together ─► relay ─► broker
/// </code>
/// </summary>
internal sealed class TransactionalSession(Endpoint endpoint) : ITransactionalSession
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
        _connection = await endpoint.Database.Open(cancellationToken);
        _transaction = await _connection.BeginTransactionAsync(cancellationToken);
        await endpoint.Outbox.Begin(_transaction, SessionId, cancellationToken);
        _session = new SqlStorageSession(_connection, _transaction);
    }

    public Task Send(object message, SendOptions options, CancellationToken cancellationToken = default) =>
        Add(endpoint.Outgoing.Send(message, options, default), options, cancellationToken);

    public Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default) =>
        Add(endpoint.Outgoing.Publish(message, options, default), options, cancellationToken);

    public async Task Commit(CancellationToken cancellationToken = default)
    {
        var session = OpenSession;
        var started = Stopwatch.GetTimestamp();
        var outcome = "failure";
        try
        {
            await Commit(session, cancellationToken);
            outcome = "success";
        }
        finally
        {
            BusMeters.Committed(endpoint.Name, outcome, Stopwatch.GetElapsedTime(started));
        }
    }

    public void Dispose()
    {
        _session = null;
        _transaction?.Dispose();
        _connection?.Dispose();
    }

    public async ValueTask DisposeAsync() => await Close();

    private async Task Commit(SqlStorageSession session, CancellationToken cancellationToken)
    {
        await session.SaveChanges(cancellationToken);
        await AtStep(ProcessingStep.BeforeCommit);
        var records = new Dictionary<string, List<OutgoingOperation>>();
        if (_pending.Count > 0 || endpoint.Outbox.IsPessimistic)
        {
            records.Add(SessionId, _pending);
        }

        await endpoint.Outbox.StoreAndCommit(_transaction!, records, cancellationToken);
        await AtStep(ProcessingStep.Committed);
        await Close();
        if (_pending.Count > 0)
        {
            endpoint.Relay.Enqueue(SessionId, _pending);
        }
    }

    private async Task Close()
    {
        _session = null;
        if (_connection is not null)
        {
            await _transaction!.DisposeAsync();
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    private Task AtStep(ProcessingStep step) => endpoint.AtStep?.Invoke(step, SessionId) ?? Task.CompletedTask;

    private Task Add(OutgoingOperation operation, ExtendableOptions options, CancellationToken cancellationToken)
    {
        _ = OpenSession;
        if (options.ImmediateDispatch)
        {
            return endpoint.Dispatch([operation], cancellationToken);
        }

        _pending.Add(operation);
        return Task.CompletedTask;
    }
}
