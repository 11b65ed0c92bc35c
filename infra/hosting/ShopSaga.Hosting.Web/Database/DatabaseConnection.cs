using System.Globalization;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// Limits for every database session of a service. Without them a client that froze or vanished keeps its locks, and a row lock that is
/// never released stops a whole service. <c>Database:LockTimeout</c>, <c>Database:StatementTimeout</c> and
/// <c>Database:IdleInTransactionTimeout</c> override the defaults.
/// <para>
/// A session prepares each statement that it runs again, up to <c>Database:PreparedStatements</c>; 0 turns that off, for a pooler between
/// service and server that cannot keep them. A connection goes back to the pool as it is: no statement of a service leaves anything in its
/// session (docs/decisions/025-an-order-is-made-cheap.md).
/// </para>
/// </summary>
internal static class DatabaseConnection
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleInTransactionTimeout = TimeSpan.FromSeconds(30);

    private const int PreparedStatements = 200;

    /// <summary>
    /// Six services with one database server stay below its 300 connections, however many requests arrive: more wait for a connection of
    /// the pool, where PostgreSQL would refuse them. Npgsql's default of 100 is for one pool.
    /// </summary>
    private const int MaxPoolSize = 40;

    // A peer without a sign of life is given up after 30 + 3 * 10 seconds, by the server and by the client.
    private const int KeepAliveIdleSeconds = 30;
    private const int KeepAliveIntervalSeconds = 10;
    private const int KeepAliveProbes = 3;

    /// <summary><c>ConnectionStrings:Database</c> with the limits; options that it has already take precedence.</summary>
    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to set.</exception>
    public static string StringFrom(IConfiguration configuration)
    {
        var connection = new NpgsqlConnectionStringBuilder(configuration.Required("ConnectionStrings:Database"));
        string[] limits =
        [
            $"-c lock_timeout={Milliseconds(configuration, "Database:LockTimeout", LockTimeout)}",
            $"-c statement_timeout={Milliseconds(configuration, "Database:StatementTimeout", StatementTimeout)}",
            "-c idle_in_transaction_session_timeout="
                + Milliseconds(configuration, "Database:IdleInTransactionTimeout", IdleInTransactionTimeout),
            $"-c tcp_keepalives_idle={KeepAliveIdleSeconds}",
            $"-c tcp_keepalives_interval={KeepAliveIntervalSeconds}",
            $"-c tcp_keepalives_count={KeepAliveProbes}",
        ];
        connection.Options = string.Join(' ', [.. limits, connection.Options]).TrimEnd();
        if (connection.MaxAutoPrepare == 0)
        {
            connection.MaxAutoPrepare = configuration.Number("Database:PreparedStatements", PreparedStatements, min: 0, max: 10_000);
            connection.AutoPrepareMinUsages = 2;
        }

        if (!connection.ShouldSerialize("Maximum Pool Size"))
        {
            connection.MaxPoolSize = MaxPoolSize;
        }

        connection.NoResetOnClose = true;
        if (!connection.TcpKeepAlive)
        {
            (connection.TcpKeepAlive, connection.TcpKeepAliveTime,
                connection.TcpKeepAliveInterval) = (true, KeepAliveIdleSeconds, KeepAliveIntervalSeconds);
        }

        return connection.ConnectionString;
    }

    private static string Milliseconds(IConfiguration configuration, string key, TimeSpan byDefault)
    {
        var limit = configuration.Time(key, byDefault, min: TimeSpan.FromMilliseconds(1), max: TimeSpan.FromDays(1));
        return ((long)limit.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
    }
}
