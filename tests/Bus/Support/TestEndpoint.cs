using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>An endpoint of its own queue and database on the real servers, gone after the test.</summary>
internal sealed class TestEndpoint : IAsyncDisposable
{
    private readonly IHost _host;

    private TestEndpoint(string name, string databaseName, string connectionString, IHost host)
    {
        Name = name;
        DatabaseName = databaseName;
        ConnectionString = connectionString;
        _host = host;
    }

    public string Name { get; }

    public string DatabaseName { get; }

    public string ConnectionString { get; }

    public IMessageSession Session => _host.Services.GetRequiredService<IMessageSession>();

    public IServiceProvider Services => _host.Services;

    /// <summary>A name that no other test uses, short enough for a table prefix.</summary>
    public static string UniqueName() => "T" + Guid.NewGuid().ToString("N")[..10];

    public static async Task<TestEndpoint> Start(
        Action<EndpointConfiguration> configure, Action<IServiceCollection>? services = null, string? name = null, bool installers = true)
    {
        name ??= UniqueName();
        var databaseName = name.ToLowerInvariant();
        await Servers.CreateDatabase(databaseName);
        var connectionString = Servers.Postgres(databaseName);

        var endpoint = new EndpointConfiguration(name);
        endpoint.UseTransport(new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), Servers.RabbitMq)
        {
            NetworkRecoveryInterval = TimeSpan.FromMilliseconds(200),
        });
        var persistence = endpoint.UsePersistence<SqlPersistence>();
        persistence.ConnectionBuilder(() => new NpgsqlConnection(connectionString));
        persistence.EnableTransactionalSession();
        endpoint.Conventions().DefiningEventsAs(type => type.Name.StartsWith("Event", StringComparison.Ordinal));
        endpoint.SendFailedMessagesTo(name + ".error");
        if (installers)
        {
            endpoint.EnableInstallers();
        }

        configure(endpoint);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        services?.Invoke(builder.Services);
        builder.Services.AddNServiceBusEndpoint(endpoint);
        var host = builder.Build();
        await host.StartAsync();
        var started = new TestEndpoint(name, databaseName, connectionString, host);
        await started.IsReceiving();
        return started;
    }

    /// <summary>Waits until the endpoint's health check says that it is receiving.</summary>
    public async Task IsReceiving()
    {
        var health = Services.GetRequiredService<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckService>();
        await Eventually.Is(
            async () => (await health.CheckHealthAsync()).Status == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy,
            $"{Name} is receiving");
    }

    /// <summary>Number of outbox records for which the SQL condition holds.</summary>
    public async Task<long> Count(string condition)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM \"{Name}_OutboxData\" WHERE {condition}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        NpgsqlConnection.ClearAllPools();
        await Servers.DropDatabase(DatabaseName);
    }
}
