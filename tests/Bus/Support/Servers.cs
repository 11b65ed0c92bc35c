using Dapper;
using Npgsql;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>The servers that the test command started.</summary>
internal static class Servers
{
    /// <summary>amqp://user:password@host:port/</summary>
    public static string RabbitMq => Required("SHOPSAGA_RABBITMQ");

    /// <summary>http://user:password@host:port/</summary>
    public static Uri Management => new(Required("SHOPSAGA_RABBITMQ_MANAGEMENT"));

    public static string Postgres(string database) =>
        new NpgsqlConnectionStringBuilder(Required("SHOPSAGA_POSTGRES")) { Database = database }.ConnectionString;

    public static Task CreateDatabase(string name) => Execute($"CREATE DATABASE \"{name}\"");

    public static Task DropDatabase(string name) => Execute($"DROP DATABASE \"{name}\" WITH (FORCE)");

    /// <summary>Ends all connections to a database and accepts no new ones.</summary>
    public static Task CloseDatabase(string name) => Execute(
        $"ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            + $"'{name}'");

    public static Task OpenDatabase(string name) => Execute($"ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS true");

    private static async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(Required("SHOPSAGA_POSTGRES"));
        await connection.ExecuteAsync(sql);
    }

    private static string Required(string variable) => Environment.GetEnvironmentVariable(variable)
        ?? throw new InvalidOperationException(
            $"{variable} is not set: run these tests with 'dotnet tool exec -y cake.tool --target=Test'.");
}
