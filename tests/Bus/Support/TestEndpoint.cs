using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>
/// An endpoint of its own queue and database, gone after the test; on the real servers, if the test says no other broker. It tries failed
/// messages again at once only.
/// </summary>
internal sealed class TestEndpoint : IAsyncDisposable
{
    /// <summary>The host id that follows from the names in <see cref="Configuration"/>.</summary>
    public const string HostId = "a81f5e3a8b6b82d2df474a6b3c5ae177";

    /// <summary>The host's name in <see cref="Configuration"/>.</summary>
    public const string HostName = "sales-host-1";

    private readonly Action<EndpointConfiguration> _configure;
    private readonly Action<IServiceCollection>? _services;
    private readonly bool _installers;
    private readonly ITestBroker _broker;
    private bool _isGuest;
    private IHost? _host;

    private TestEndpoint(
        string name, Action<EndpointConfiguration> configure, Action<IServiceCollection>? services, bool installers, ITestBroker? broker)
    {
        _broker = broker ?? RabbitMq.Instance;
        Name = name;
        DatabaseName = name.ToLowerInvariant();
        ConnectionString = Servers.Postgres(DatabaseName);
        _configure = configure;
        _services = services;
        _installers = installers;
    }

    public string Name { get; }

    public string ErrorQueue => $"{Name}.error";

    public string DatabaseName { get; }

    public string ConnectionString { get; }

    /// <summary>Name of the outbox table, not quoted.</summary>
    public string OutboxTable => $"{Name.Replace('.', '_')}_OutboxData";

    public IServiceProvider Services => _host!.Services;

    public IMessageSession Session => Services.GetRequiredService<IMessageSession>();

    /// <summary>A name that no other test uses, short enough for a table prefix.</summary>
    public static string UniqueName() => "T" + Guid.NewGuid().ToString("N")[..10];

    /// <summary>Makes an endpoint and its database, and starts it.</summary>
    /// <param name="configure">Adds handlers and changes what the test needs otherwise.</param>
    /// <param name="services">What handlers get injected.</param>
    /// <param name="name">The endpoint's name, if the test has to know it before.</param>
    /// <param name="installers">Whether queues and tables are created.</param>
    /// <param name="broker">What carries its messages; RabbitMQ when null.</param>
    public static async Task<TestEndpoint> Start(
        Action<EndpointConfiguration> configure,
        Action<IServiceCollection>? services = null,
        string? name = null,
        bool installers = true,
        ITestBroker? broker = null)
    {
        var endpoint = new TestEndpoint(name ?? UniqueName(), configure, services, installers, broker);
        await Servers.CreateDatabase(endpoint.DatabaseName);
        await endpoint.Start();
        return endpoint;
    }

    /// <summary>Makes another instance of an endpoint that a test has started, with its queue and its database.</summary>
    public static async Task<TestEndpoint> Join(
        string name, Action<EndpointConfiguration> configure, Action<IServiceCollection> services, ITestBroker? broker = null)
    {
        var endpoint = new TestEndpoint(name, configure, services, installers: false, broker) { _isGuest = true };
        await endpoint.Start();
        return endpoint;
    }

    /// <summary>Starts it again after <see cref="Stop"/>; it finds the queue and the database as they were left.</summary>
    public async Task Start()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error).AddFilter(
            "Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        _services?.Invoke(builder.Services);
        builder.Services.AddNServiceBusEndpoint(Configuration());
        _host = builder.Build();
        await _host.StartAsync();
        await IsReceiving();
    }

    public async Task Stop()
    {
        if (_host is { } host)
        {
            _host = null;
            await host.StopAsync();
            host.Dispose();
        }
    }

    /// <summary>Stops it without waiting for what it handles, as a host does whose time to shut down is over.</summary>
    public async Task Abort()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        var host = _host!;
        _host = null;
        try
        {
            await host.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // The host says that it had to give up.
        }

        host.Dispose();
    }

    /// <summary>Waits until the endpoint's health check says that it is receiving.</summary>
    public Task IsReceiving() => Eventually.Is(
        async () => (await Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status == HealthStatus.Healthy,
        $"{Name} is receiving");

    /// <summary>A new scope with a transactional session, as a request has.</summary>
    public AsyncServiceScope NewRequest(out ITransactionalSession session)
    {
        var scope = Services.CreateAsyncScope();
        session = scope.ServiceProvider.GetRequiredService<ITransactionalSession>();
        return scope;
    }

    /// <summary>Number of outbox records for which the SQL condition holds.</summary>
    public async Task<long> Count(string condition) => await Query<long>($"SELECT count(*) FROM \"{OutboxTable}\" WHERE {condition}");

    /// <summary>The only row, or the default when there is none.</summary>
    public async Task<T?> Query<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        return await connection.QuerySingleOrDefaultAsync<T>(sql, parameters);
    }

    public async Task<IReadOnlyList<T>> QueryAll<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public async Task Execute(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.ExecuteAsync(sql, parameters);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        if (!_isGuest)
        {
            await _broker.Delete(Name, ErrorQueue);
            await Servers.DropDatabase(DatabaseName);
        }
    }

    private EndpointConfiguration Configuration()
    {
        var endpoint = new EndpointConfiguration(Name);
        _broker.Configure(endpoint);
        var persistence = endpoint.UsePersistence<SqlPersistence>();
        persistence.ConnectionBuilder(() => new NpgsqlConnection(ConnectionString));
        persistence.EnableTransactionalSession();
        endpoint.Conventions().DefiningEventsAs(type => type.Name.StartsWith("Event", StringComparison.Ordinal));
        endpoint.SendFailedMessagesTo(ErrorQueue);
        endpoint.Recoverability().Delayed(retries => retries.NumberOfRetries(0));
        endpoint.UniquelyIdentifyRunningInstance().UsingNames("/app/Sales.dll", HostName);
        if (_installers)
        {
            endpoint.EnableInstallers();
        }

        _configure(endpoint);
        return endpoint;
    }
}
