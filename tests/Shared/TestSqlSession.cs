using System.Data.Common;
using Npgsql;

namespace ShopSaga.Tests.Shared;

/// <summary>A transaction on a real database, as the bus would give it to a handler. Rolled back unless committed.</summary>
public sealed class TestSqlSession : ISynchronizedStorageSession, ISqlStorageSession, IAsyncDisposable
{
    private readonly List<Func<ISqlStorageSession, CancellationToken, Task>> _beforeCommit = [];
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private TestSqlSession(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    public DbConnection Connection => _connection;

    public DbTransaction Transaction => _transaction;

    public static async Task<TestSqlSession> Begin(NpgsqlDataSource database)
    {
        var connection = await database.OpenConnectionAsync();
        return new TestSqlSession(connection, await connection.BeginTransactionAsync());
    }

    public void OnSaveChanges(Func<ISqlStorageSession, CancellationToken, Task> callback) => _beforeCommit.Add(callback);

    // The interface may have it in the other lane.
    public void Deconstruct(out DbConnection connection, out DbTransaction transaction) =>
        (connection, transaction) = (_connection, _transaction);

    public async Task Commit()
    {
        foreach (var callback in _beforeCommit)
        {
            await callback(this, CancellationToken.None);
        }

        await _transaction.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
