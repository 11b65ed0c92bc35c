using System.Data.Common;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>
/// One transaction on the endpoint's database. Npgsql sends BEGIN with the first statement; until then nothing is open there.
/// </summary>
internal sealed class SqlStorageSession(NpgsqlConnection connection, NpgsqlTransaction transaction)
    : ISynchronizedStorageSession, ISqlStorageSession
{
    public DbConnection Connection => connection;

    public DbTransaction Transaction => transaction;
}
