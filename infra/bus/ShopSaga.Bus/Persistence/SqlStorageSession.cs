using System.Data.Common;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>One transaction on the endpoint's database. Npgsql sends BEGIN with the first statement, so until then nothing is open there.</summary>
internal sealed class SqlStorageSession(NpgsqlConnection connection, NpgsqlTransaction transaction)
    : ISynchronizedStorageSession, ISqlStorageSession
{
    private readonly List<Func<ISqlStorageSession, CancellationToken, Task>> _saveCallbacks = [];

    public DbConnection Connection => connection;

    public DbTransaction Transaction => transaction;

    public void OnSaveChanges(Func<ISqlStorageSession, CancellationToken, Task> callback) => _saveCallbacks.Add(callback);

    /// <summary>Runs and forgets what was registered with <see cref="OnSaveChanges"/>.</summary>
    public async Task SaveChanges(CancellationToken cancellationToken)
    {
        foreach (var callback in _saveCallbacks)
        {
            await callback(this, cancellationToken);
        }

        _saveCallbacks.Clear();
    }
}
