using System.Data.Common;
using Npgsql;

namespace ShopSaga.Bus;

/// <summary>The endpoint's database: connections, and the quoted names of its tables.</summary>
internal sealed class Database
{
    private const int LongestPrefix = 20;
    private readonly Func<DbConnection> _newConnection;

    /// <exception cref="InvalidOperationException">The persistence is not configured, or the prefix is too long.</exception>
    public Database(PersistenceExtensions<SqlPersistence> settings, string endpointName)
    {
        _newConnection = settings.NewConnection
            ?? throw new InvalidOperationException("The endpoint has no database: set UsePersistence<SqlPersistence>().ConnectionBuilder(…).");
        Prefix = settings.Prefix ?? endpointName.Replace('.', '_') + "_";
        if (Prefix.Length > LongestPrefix)
        {
            throw new InvalidOperationException(
                $"The table prefix '{Prefix}' is longer than {LongestPrefix} characters: set a shorter one with TablePrefix(…).");
        }
    }

    public string Prefix { get; }

    /// <summary>Schema and name of a table, quoted.</summary>
    public string Table(string suffix) => $"public.{Identifier(suffix)}";

    /// <summary>A name with the endpoint's prefix, quoted.</summary>
    public string Identifier(string suffix) => $"\"{Prefix}{suffix}\"";

    public async Task<NpgsqlConnection> Open(CancellationToken cancellationToken)
    {
        var connection = (NpgsqlConnection)_newConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (PostgresException refused)
        {
            await connection.DisposeAsync();
            throw new NpgsqlException($"The database accepts no connection: {refused.MessageText}", refused);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether the failure says that the database cannot be reached, rather than that it refused something.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState
            is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.TooManyConnections
            || postgres.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException => true,
        _ => exception.InnerException is { } inner && IsUnavailable(inner),
    };

    /// <summary>
    /// Whether the failure says that two transactions met, so that the later one should simply run again: for one saga, or for copies of one message.
    /// </summary>
    public static bool IsConcurrency(Exception exception) => exception
        is SagaConcurrencyException
        or PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure }
        || (exception is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: { } table }
            && table.EndsWith(OutboxStore.TableSuffix, StringComparison.Ordinal));

    /// <summary>Whether the database answers now.</summary>
    public async Task<bool> Answers(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await Open(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            await command.ExecuteScalarAsync(cancellationToken);
            return true;
        }
        catch (Exception failure) when (IsUnavailable(failure))
        {
            return false;
        }
    }
}

/// <summary>No connection to the database works.</summary>
internal sealed class DatabaseUnavailableException(string message, Exception innerException) : Exception(message, innerException);
