using Npgsql;
using NpgsqlTypes;

namespace ShopSaga.Bus;

/// <summary>The record of a message: whether its operations have left, and otherwise the operations.</summary>
internal readonly record struct OutboxRecord(bool Dispatched, string Operations);

/// <summary>
/// The outbox table, which is the inbox too: a row for each message that was processed and for each session that was committed.
/// Same table and columns as NServiceBus.Persistence.Sql; one index more, for the poller.
/// <code>
///   StoreAndCommit ─► undispatched, with operations ─► MarkAsDispatched, or DispatchUndispatched after a crash ─► dispatched
///                └──► dispatched at once, without operations ─────────────────────── Cleanup, days later ─► gone ◄─┘
/// </code>
/// </summary>
internal sealed class OutboxStore(Database database, TimeProvider time)
{
    private const int CleanupBatch = 1000;

    /// <summary>
    /// How long an impatient transaction waits for a lock: far longer than another group's transaction takes. A lock that is held longer
    /// belongs to a frozen database session, and the group's other messages must not wait for it.
    /// </summary>
    private const string MaxImpatientWait = "1s";

    private readonly string _table = database.Table(Database.OutboxTable);

    /// <summary>
    /// Locks keys until the transaction ends, one after the other, and reads the records of those messages that have one. One round trip.
    /// An impatient transaction waits at most a second for a lock, here and later.
    /// </summary>
    public async Task<Dictionary<string, OutboxRecord>> LockAndRead(
        NpgsqlConnection connection, long[] keys, string[] messageIds, bool isPatient, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (!isPatient)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                $"""
                 SELECT set_config('lock_timeout', '{MaxImpatientWait}', true)
                 WHERE current_setting('lock_timeout')::interval NOT BETWEEN '1ms' AND '{MaxImpatientWait}'
                 """));
        }

        if (keys.Length > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock(key) FROM unnest($1) AS keys (key)")
            {
                Parameters = { new NpgsqlParameter<long[]> { TypedValue = keys } },
            });
        }

        var commandsBefore = batch.BatchCommands.Count;
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""SELECT "MessageId", "Dispatched", "Operations"::text FROM {_table} WHERE "MessageId" = ANY($1)""")
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = messageIds } },
        });
        var records = new Dictionary<string, OutboxRecord>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        for (var result = 0; result < commandsBefore; result++)
        {
            await reader.NextResultAsync(cancellationToken);
        }

        while (await reader.ReadAsync(cancellationToken))
        {
            records[reader.GetString(0)] = new OutboxRecord(reader.GetBoolean(1), reader.GetString(2));
        }

        return records;
    }

    /// <summary>
    /// Adds a record for each message and commits, in one round trip. A record without operations is marked as dispatched at once. The
    /// primary key refuses a message that another transaction processed meanwhile. The insert also guards the commit: in an aborted
    /// transaction it fails, even with no record to add, where the server would answer a lone COMMIT by rolling back without an error
    /// (PostgreSQL, COMMIT).
    /// </summary>
    public async Task StoreAndCommit(
        NpgsqlTransaction transaction, IReadOnlyDictionary<string, List<OutgoingOperation>> records, CancellationToken cancellationToken)
    {
        var store = new NpgsqlBatchCommand(
            $"""
             INSERT INTO {_table} ("MessageId", "Operations", "PersistenceVersion", "Dispatched", "DispatchedAt")
             SELECT id, operations, '{WireVersion.Persistence}', operations = '[]', CASE WHEN operations = '[]' THEN $3 END
             FROM unnest($1, $2) AS records(id, operations)
             """);
        store.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. records.Keys] });
        store.Parameters.Add(new NpgsqlParameter<string[]>
        {
            TypedValue = [.. records.Values.Select(OutboxJson.Write)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
        });
        store.Parameters.Add(Timestamp(time.GetUtcNow()));

        // Npgsql learns from the server's answer that the transaction is over; its own CommitAsync would be one more round trip.
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands = { store, new NpgsqlBatchCommand("COMMIT") },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Marks records as dispatched. Losing a mark is harmless: the messages leave again, and their receivers recognise them by their ids.
    /// </summary>
    public async Task MarkAsDispatched(string[] messageIds, CancellationToken cancellationToken)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var command = MarkCommand(connection, messageIds);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ids of up to <paramref name="limit"/> records whose operations have not left, except those named.</summary>
    public async Task<List<string>> FindUndispatched(int limit, string[] except, CancellationToken cancellationToken)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"""SELECT "MessageId" FROM {_table} WHERE NOT "Dispatched" AND "MessageId" <> ALL($2) ORDER BY "MessageId" LIMIT $1""",
            connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = except });
        var ids = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }

    /// <summary>
    /// Claims undispatched records by row lock, lets <paramref name="dispatch"/> send what they hold, and marks them. Records that another
    /// instance has claimed are left to it. Returns the number dispatched.
    /// </summary>
    public async Task<int> DispatchUndispatched(
        string[] messageIds, Func<IReadOnlyList<OutgoingOperation>, Task> dispatch, CancellationToken cancellationToken)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var operations = new Dictionary<string, string>();
        await using (var command = new NpgsqlCommand(
            $"""
             SELECT "MessageId", "Operations"::text FROM {_table}
             WHERE "MessageId" = ANY($1) AND NOT "Dispatched" FOR UPDATE SKIP LOCKED
             """,
            connection,
            transaction))
        {
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = messageIds });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                operations.Add(reader.GetString(0), reader.GetString(1));
            }
        }

        if (operations.Count == 0)
        {
            return 0;
        }

        await dispatch([.. operations.Values.SelectMany(OutboxJson.Read)]);
        await using (var mark = MarkCommand(connection, [.. operations.Keys]))
        {
            mark.Transaction = transaction;
            await mark.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return operations.Count;
    }

    /// <summary>
    /// Deletes one small batch of records dispatched before <paramref name="before"/>, the oldest first. Returns the number deleted, and
    /// where the next batch of the same clean-up begins: before that are only dead index entries, which it would read in vain.
    /// </summary>
    /// <remarks>
    /// Without the order, PostgreSQL may decide to read the table instead of the index: a plan for any time assumes that a third of the
    /// records are due.
    /// </remarks>
    public async Task<(int Deleted, DateTime Next)> Cleanup(DateTimeOffset before, DateTime from, CancellationToken cancellationToken)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"""
             WITH deleted AS (
                 DELETE FROM {_table} WHERE ctid = ANY(ARRAY(
                     SELECT ctid FROM {_table} WHERE "Dispatched" AND "DispatchedAt" >= $1 AND "DispatchedAt" < $2
                     ORDER BY "DispatchedAt" LIMIT {CleanupBatch} FOR UPDATE SKIP LOCKED))
                 RETURNING "DispatchedAt")
             SELECT count(*)::int, coalesce(max("DispatchedAt"), $1) FROM deleted
             """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = from, NpgsqlDbType = NpgsqlDbType.Timestamp });
        command.Parameters.Add(Timestamp(before));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt32(0), reader.GetDateTime(1));
    }

    /// <summary>
    /// Creates table and indexes where they are missing. Two indexes have the names that NServiceBus.Persistence.Sql gives its own, so
    /// neither lane adds its own beside them. All are partial: a record that is inserted as dispatched costs one index entry beside its
    /// key.
    /// </summary>
    public async Task Install(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var undispatched = database.Identifier("OutboxData_Undispatched");
        await Database.CreateMissing(
            connection,
            [_table, "public.\"Index_DispatchedAt\"", "public.\"Index_Dispatched\"", $"public.{undispatched}"],
            $"""
             CREATE TABLE IF NOT EXISTS {_table} (
                 "MessageId" character varying(200) NOT NULL PRIMARY KEY,
                 "Dispatched" boolean NOT NULL DEFAULT false,
                 "DispatchedAt" timestamp,
                 "PersistenceVersion" character varying(23),
                 "Operations" jsonb NOT NULL);
             CREATE INDEX IF NOT EXISTS "Index_DispatchedAt" ON {_table} ("DispatchedAt") WHERE "Dispatched";
             CREATE INDEX IF NOT EXISTS "Index_Dispatched" ON {_table} ("Dispatched") WHERE NOT "Dispatched";
             CREATE INDEX IF NOT EXISTS {undispatched} ON {_table} ("MessageId") WHERE NOT "Dispatched";
             """,
            cancellationToken);
        await VacuumOften(connection, cancellationToken);
    }

    /// <summary>
    /// Each mark leaves a dead entry in the poller's index, which the poller reads once a second until the next vacuum. By default that is
    /// when a fifth of the table is dead: of fifty million records, ten million. Changing this holds up no transaction.
    /// </summary>
    private async Task VacuumOften(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var options = new NpgsqlCommand(
            "SELECT array_to_string(reloptions, ' ') LIKE '%autovacuum_vacuum_scale_factor=%' FROM pg_class WHERE oid = $1::regclass",
            connection);
        options.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _table });
        if (await options.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await using var set = new NpgsqlCommand(
                $"ALTER TABLE {_table} SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000)", connection);
            await set.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private NpgsqlCommand MarkCommand(NpgsqlConnection connection, string[] messageIds)
    {
        var command = new NpgsqlCommand(
            $"""
             UPDATE {_table} SET "Dispatched" = true, "DispatchedAt" = $2, "Operations" = '[]'
             WHERE "MessageId" = ANY($1)
             """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = messageIds });
        command.Parameters.Add(Timestamp(time.GetUtcNow()));
        return command;
    }

    /// <summary>UTC in a column without a zone; the session's time zone does not matter.</summary>
    private static NpgsqlParameter<DateTime> Timestamp(DateTimeOffset at) => new()
    {
        TypedValue = DateTime.SpecifyKind(at.UtcDateTime, DateTimeKind.Unspecified),
        NpgsqlDbType = NpgsqlDbType.Timestamp,
    };
}
