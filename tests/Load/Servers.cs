using System.Globalization;
using Npgsql;
using RabbitMQ.Client;

namespace ShopSaga.Load;

/// <summary>Access to the servers that the Bench target has started.</summary>
internal static class Servers
{
    public static string Broker => Required("SHOPSAGA_RABBITMQ");

    public static string Management => Required("SHOPSAGA_RABBITMQ_MANAGEMENT");

    public static string Database(string name) => new NpgsqlConnectionStringBuilder(Required("SHOPSAGA_POSTGRES"))
    {
        Database = name,
        MaxPoolSize = 60,
        MaxAutoPrepare = 40,
    }.ConnectionString;

    public static async Task CreateDatabase(string name)
    {
        await Execute("postgres", $"""DROP DATABASE IF EXISTS "{name}" WITH (FORCE)""");
        await Execute("postgres", $"""CREATE DATABASE "{name}" """);
    }

    public static Task DropDatabase(string name) => Execute("postgres", $"""DROP DATABASE "{name}" WITH (FORCE)""");

    public static async Task Execute(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Database(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<long> Count(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Database(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    public static Task<IConnection> Connect() => new ConnectionFactory { Uri = new Uri(Broker) }.CreateConnectionAsync();

    /// <summary>Deletes queues and the exchanges of the same names.</summary>
    public static async Task Delete(params string[] addresses)
    {
        await using var connection = await Connect();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var address in addresses)
        {
            await channel.QueueDeleteAsync(address);
            await channel.ExchangeDeleteAsync(address);
        }
    }

    public static string Required(string variable) => Environment.GetEnvironmentVariable(variable)
        ?? throw new InvalidOperationException($"{variable} is not set: run this with 'dotnet tool exec -y cake.tool --target=Bench'.");
}
