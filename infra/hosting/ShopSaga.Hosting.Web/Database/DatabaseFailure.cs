using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// Tells states of the database from faults of a statement, for requests. For messages, <c>Database</c> of infra/bus does the same: it is a
/// library that hosting's web part does not use. Its list of refused writes is longer, because there a refusal only makes a message wait.
/// </summary>
internal static class DatabaseFailure
{
    /// <summary>
    /// The server as a whole refuses the work for now: read-only after a failover, disk full, out of memory, I/O error, too many
    /// connections, starting or stopping. Npgsql calls some of these transient, but not read-only and the states of a stop.
    /// </summary>
    public static bool IsUnavailable(PostgresException failure) => failure.IsTransient || failure.SqlState is
        PostgresErrorCodes.ReadOnlySqlTransaction
        or PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.IoError
        or PostgresErrorCodes.TooManyConnections
        or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
        or "25P03"; // idle_in_transaction_session_timeout ended the session.

    /// <summary>The server reads, but refuses to write.</summary>
    public static bool IsWriteRefused(PostgresException failure) => failure.SqlState is
        PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory
        or PostgresErrorCodes.IoError;

    /// <summary>A statement waited too long for a lock or ran too long. The database itself is well.</summary>
    public static bool IsTimeout(Exception failure) => failure is
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled }
        or NpgsqlException { InnerException: TimeoutException };

    /// <summary>
    /// Npgsql did not expect the server's answer, and gave the connection up. It says so by an exception of no type of its own: a statement
    /// that once failed after it was prepared and before it began is taken for one without rows (npgsql/npgsql, issue 6391). Nothing has
    /// been committed.
    /// </summary>
    public static bool LostProtocol(Exception failure) => failure.GetType() == typeof(Exception) && failure.Source == nameof(Npgsql);
}
