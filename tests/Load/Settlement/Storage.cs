using System.Data.Common;
using Npgsql;

namespace ShopSaga.Load.Settlement;

/// <summary>A transaction such as the bus gives to a handler. Rolled back unless committed.</summary>
internal sealed class Storage : ISynchronizedStorageSession, ISqlStorageSession, IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private Storage(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    public DbConnection Connection => _connection;

    public DbTransaction Transaction => _transaction;

    public static async Task<Storage> Begin(NpgsqlDataSource database)
    {
        var connection = await database.OpenConnectionAsync();
        return new Storage(connection, await connection.BeginTransactionAsync());
    }

    public void OnSaveChanges(Func<ISqlStorageSession, CancellationToken, Task> callback) => throw new NotSupportedException();

    public Task Commit() => _transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
