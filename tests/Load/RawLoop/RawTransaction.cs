using Dapper;
using Npgsql;

namespace ShopSaga.Load.RawLoop;

/// <summary>The transaction of one message.</summary>
internal sealed class RawTransaction(NpgsqlConnection connection, Guid id)
{
    public NpgsqlConnection Connection => connection;

    /// <summary>Whether the message is recorded by this transaction. If it was recorded before, nothing of this one is committed.</summary>
    public bool IsNew { get; private set; }

    /// <summary>What is to be dispatched after the commit.</summary>
    public RawMessage? Sent { get; private set; }

    /// <summary>Writes the row that is inbox and outbox; false when the message was handled before.</summary>
    public async Task<bool> Record(RawMessage? sent = null)
    {
        var rows = await connection.ExecuteAsync(
            "INSERT INTO messages (id, sent_id, address, body) VALUES (@id, @SentId, @Address, @Body) ON CONFLICT DO NOTHING",
            new { id, SentId = sent?.Id, sent?.Address, sent?.Body });
        (IsNew, Sent) = (rows == 1, sent);
        return IsNew;
    }
}
