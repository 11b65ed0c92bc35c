using System.Data.Common;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>The endpoint's database: connections, and the quoted names of its tables.</summary>
internal sealed class Database
{
    public const string OutboxTable = "OutboxData";
    private const int MaxPrefix = 20;
    private const int AnswerWithinSeconds = 5;

    /// <summary>The end of a session by idle_in_transaction_session_timeout.</summary>
    private const string IdleInTransaction = "25P03";

    private readonly Func<DbConnection> _newConnection;
    private readonly string _prefix;

    /// <exception cref="InvalidOperationException">The persistence is not configured, or the endpoint's name is too long for its
    /// tables.</exception>
    public Database(PersistenceExtensions<SqlPersistence> settings, string endpointName)
    {
        _newConnection = settings.NewConnection
            ?? throw new InvalidOperationException(
                "The endpoint has no database: set UsePersistence<SqlPersistence>().ConnectionBuilder(…).");
        _prefix = endpointName.Replace('.', '_') + "_";
        if (_prefix.Length > MaxPrefix)
        {
            throw new InvalidOperationException(
                $"The table prefix '{_prefix}' is longer than {MaxPrefix} characters: give the endpoint a shorter name.");
        }
    }

    /// <summary>Schema and name of a table, quoted.</summary>
    public string Table(string suffix) => $"public.{Identifier(suffix)}";

    /// <summary>A name with the endpoint's prefix, quoted.</summary>
    public string Identifier(string suffix) => $"\"{_prefix}{suffix}\"";

    /// <summary>
    /// Runs the statements unless the relations, quoted with their schema, exist. "IF NOT EXISTS" alone locks the table even when it finds
    /// everything, and an instance that starts must not wait for those at work, nor meet them in a deadlock.
    /// </summary>
    public static async Task CreateMissing(
        NpgsqlConnection connection, IReadOnlyCollection<string> relations, string statements, CancellationToken cancellationToken)
    {
        await using var exist = new NpgsqlCommand("SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest($1) name", connection);
        exist.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. relations] });
        if (await exist.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await using var create = new NpgsqlCommand(statements, connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public async Task<NpgsqlConnection> Open(CancellationToken cancellationToken)
    {
        var connection = (NpgsqlConnection)_newConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (NpgsqlException refused)
        {
            // Wrapped, so that IsTimeout does not match: a refused connection is an outage, not a slow statement.
            await connection.DisposeAsync();
            throw new NpgsqlException($"The database accepts no connection: {refused.Message}", refused);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Whether the failure is the database's state, rather than the message's fault: it cannot be reached, or accepts no writes now. A
    /// statement that took too long says nothing of the database.
    /// </summary>
    public static bool IsUnavailable(Exception exception) => !IsTimeout(exception) && exception switch
    {
        PostgresException postgres => RefusesWrites(postgres)
            || postgres.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
                or PostgresErrorCodes.CannotConnectNow
            || postgres.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException => true,
        _ => LostProtocol(exception) || (exception.InnerException is { } inner && IsUnavailable(inner)),
    };

    /// <summary>
    /// Whether the database answers, but is in a state in which it accepts no writes: read-only after a failover, short of disk, memory or
    /// connections, or an I/O error (PostgreSQL, appendix A, classes 25, 53 and 58). For requests, see DatabaseFailure in infra/hosting.
    /// </summary>
    public static bool RefusesWrites(Exception exception) => Postgres(exception)?.SqlState
        is PostgresErrorCodes.ReadOnlySqlTransaction
        or "53000" or PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.TooManyConnections
        or "58000" or PostgresErrorCodes.IoError;

    /// <summary>
    /// Whether a statement waited too long: for a lock (lock_timeout), for its end (statement_timeout), or for Npgsql's command timeout.
    /// The message is tried again later, and the worker is free for others meanwhile.
    /// </summary>
    public static bool IsTimeout(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled,
        NpgsqlException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>
    /// Whether a step of the start that failed so is repeated: the database is unavailable, or another instance that starts takes its turn
    /// for too long. Hosting decides in the same way (DatabaseAtStart).
    /// </summary>
    public static bool IsTemporary(Exception exception) => exception is NpgsqlException { IsTransient: true }
        || IsTimeout(exception)
        || LostProtocol(exception)
        || (exception is PostgresException postgres && (IsUnavailable(postgres) || postgres.SqlState == IdleInTransaction));

    /// <summary>
    /// Whether the failure says that two transactions met, so that the later one should simply run again: for one saga, or for copies of
    /// one message.
    /// </summary>
    public static bool IsConcurrency(Exception exception) => exception
        is ConcurrencyException
        or PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure }
        || (exception is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: { } table }
            && table.EndsWith(OutboxTable, StringComparison.Ordinal));

    /// <summary>
    /// Whether a statement may have failed after it was prepared and before it began, which Npgsql remembers as a statement without rows:
    /// the next one to run it on this connection would break it (<see cref="LostProtocol"/>). What fails for a constraint or for
    /// concurrency had begun.
    /// </summary>
    public static bool LeavesHalfPrepared(Exception exception) => Postgres(exception) is { SqlState: { } state }
        && !state.StartsWith("23", StringComparison.Ordinal) && !state.StartsWith("40", StringComparison.Ordinal);

    /// <summary>Ends a transaction that failed, and makes its connection forget what it has prepared.</summary>
    public static async Task ForgetPrepared(NpgsqlTransaction transaction)
    {
        try
        {
            var connection = transaction.Connection!;
            await transaction.RollbackAsync();
            connection.UnprepareAll();
        }
        catch (Exception lost) when (lost is NpgsqlException or InvalidOperationException)
        {
            // A connection that is broken does not go back to the pool.
        }
    }

    /// <summary>Whether the database answers now, and accepts writes.</summary>
    public async Task<bool> Answers(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await Open(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT current_setting('transaction_read_only') = 'off'", connection)
            {
                CommandTimeout = AnswerWithinSeconds,
            };
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (Exception failure) when (IsUnavailable(failure) || IsTimeout(failure))
        {
            return false;
        }
    }

    /// <summary>
    /// Npgsql did not expect the server's answer, and gave the connection up. It says so by an exception of no type of its own
    /// (npgsql/npgsql, issue 6391). Nothing has been committed.
    /// </summary>
    private static bool LostProtocol(Exception exception) => exception.GetType() == typeof(Exception) && exception.Source == nameof(Npgsql);

    private static PostgresException? Postgres(Exception exception) =>
        exception as PostgresException ?? (exception.InnerException is { } inner ? Postgres(inner) : null);
}
