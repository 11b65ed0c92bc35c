using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Servers;

namespace ShopSaga.Local.Running;

/// <summary>
/// PostgreSQL, RabbitMQ, Redis and, on request, the services. Disposing it stops everything that it started, in reverse order. Services
/// have their names in <see cref="Topology"/>, the servers those below.
/// </summary>
internal sealed class LocalStack : IAsyncDisposable
{
    public const string PostgreSql = Servers.PostgreSql.Name;
    public const string RabbitMq = Servers.RabbitMq.Name;
    public const string Redis = Servers.Redis.Name;
    public const string Epmd = Servers.RabbitMq.EpmdName;

    private readonly StackOptions _options;
    private readonly DataFolder _folder;
    private readonly Socket? _claim;
    private readonly List<StackProcess> _servers = [];
    private readonly List<StackProcess> _services = [];
    private LaboratoryControl? _laboratory;
    private bool _inContainers;

    private LocalStack(StackOptions options, Ports ports, Socket? claim, DataFolder folder)
    {
        _options = options;
        _folder = folder;
        _claim = claim;
        Ports = ports;
        AdminConnectionString = options.Servers.PostgreSql ?? Servers.PostgreSql.AdminConnectionString(ports, folder);
        BrokerAddress = options.Servers.RabbitMq ?? Servers.RabbitMq.Address(ports, folder);
        BrokerManagementAddress = options.Servers.RabbitMq is null
            ? Servers.RabbitMq.ManagementAddress(ports, folder)
            : options.Servers.RabbitMqManagement;
        RedisAddress = options.Servers.Redis ?? Servers.Redis.Address(ports);
        TraceReceiver = options.TraceReceiver;
    }

    public Ports Ports { get; }
    public string DataPath => _folder.Path;
    public Uri GatewayAddress => Ports.AddressOf(Topology.Find("gateway"));

    /// <summary>The connection string of the server's administrator, who can open every database.</summary>
    public string AdminConnectionString { get; }

    /// <summary>amqp://user:password@host:port/</summary>
    public string BrokerAddress { get; }

    /// <summary>http://user:password@host:port/; null for an external broker without a management address.</summary>
    public string? BrokerManagementAddress { get; }

    /// <summary>host:port</summary>
    public string RedisAddress { get; }

    /// <summary>Where services send their traces, metrics and logs by OTLP.</summary>
    public Uri? TraceReceiver { get; private set; }

    /// <summary>All processes that were started, in that order.</summary>
    public IEnumerable<StackProcess> Processes => _servers.Concat(_services);

    /// <summary>Starts everything and returns when all processes are ready. On failure, stops what it has started.</summary>
    public static async Task<LocalStack> StartAsync(StackOptions options, CancellationToken cancellationToken)
    {
        var (ports, claim) = options.BasePort is { } chosen ? (new Ports(chosen), null) : Ports.FindFree();
        var folder = await DataFolder.Open(ports.Base, options.Fresh, temporary: options.BasePort is null);
        var stack = new LocalStack(options, ports, claim, folder);
        try
        {
            await stack.StartAll(cancellationToken);
            new RunningStack(stack.AdminConnectionString, stack.BrokerAddress, stack.BrokerManagementAddress)
            {
                PostgreSqlUri = UriOf(new NpgsqlConnectionStringBuilder(stack.AdminConnectionString)),
            }.Announce(folder);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts Prometheus, which the caller stops; null where it is not to be had.</summary>
    /// <param name="exporters">Addresses (HOST:PORT) of programs with metrics besides services and broker, by job.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public async Task<StackProcess?> StartPrometheus(
        IReadOnlyDictionary<string, string> exporters, CancellationToken cancellationToken = default)
    {
        if (await Prometheus.Find(_options.Progress, cancellationToken) is not { } program)
        {
            return null;
        }

        var process = Prometheus.Prepare(program, Ports, _folder, _options.Processes, exporters);
        await process.Start(cancellationToken);
        return process;
    }

    /// <summary>The connection string of a running service.</summary>
    public string ConnectionString(string service) =>
        Servers.PostgreSql.ConnectionString(AdminConnectionString, Topology.Find(service).Database!, _folder.Secret);

    /// <summary>The connection string for a service's schema scripts.</summary>
    public string SchemaConnectionString(string service) =>
        Servers.PostgreSql.SchemaConnectionString(AdminConnectionString, Topology.Find(service).Database!, _folder.Secret);

    /// <summary>
    /// amqp://user:password@host:port/ of a service; the administrator's without a management address, as no users can be created then.
    /// </summary>
    public string BrokerAddressOf(string service) =>
        BrokerManagementAddress is null ? BrokerAddress : BrokerUsers.Address(BrokerAddress, Topology.Find(service), _folder.Secret);

    /// <summary>The key to the control of the failure laboratory, which the web application of this stack alone has.</summary>
    public string LaboratoryKey { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Kills a process, and starts it again after a while.</summary>
    /// <returns>Once it is ready again.</returns>
    public Task TakeAway(string name, TimeSpan time, CancellationToken cancellationToken = default) =>
        Find(name).TakeAway(time, cancellationToken);

    /// <summary>Sends SIGKILL to a process and its descendants.</summary>
    public Task Kill(string name) => Find(name).Kill();

    /// <summary>Asks a process to stop and waits until it has.</summary>
    public Task Stop(string name) => Find(name).Stop();

    /// <summary>Starts a process that was stopped or killed, and waits until it is ready.</summary>
    public Task Start(string name, CancellationToken cancellationToken = default) => Find(name).Start(cancellationToken);

    /// <summary>Starts a process with additional settings such as <c>Orders__Expiry</c>, for this start only.</summary>
    public Task StartWith(string name, Dictionary<string, string> settings, CancellationToken cancellationToken = default) =>
        Find(name).Start(settings, cancellationToken);

    /// <summary>Starts a service from the build of another checkout, for this start only.</summary>
    public Task StartFrom(string checkout, string name, CancellationToken cancellationToken = default) =>
        Find(name).StartFrom(argument => argument.Replace(_options.Build, checkout, StringComparison.Ordinal), cancellationToken);

    /// <summary>Environment variables with the addresses, for a program that uses this stack.</summary>
    public Dictionary<string, string> Environment()
    {
        var variables = new Dictionary<string, string>
        {
            [DataFolder.StackVariable] = _folder.Path,
            ["SHOPSAGA_BASE_PORT"] = $"{Ports.Base}",
            ["SHOPSAGA_POSTGRES"] = AdminConnectionString,
            ["SHOPSAGA_POSTGRES_URI"] = UriOf(new NpgsqlConnectionStringBuilder(AdminConnectionString)),
            ["SHOPSAGA_RABBITMQ"] = BrokerAddress,
            ["SHOPSAGA_REDIS"] = RedisAddress,
            ["SHOPSAGA_GATEWAY"] = GatewayAddress.ToString().TrimEnd('/'),
            ["SHOPSAGA_ADMIN_EMAIL"] = _options.AdminEmail,
            ["SHOPSAGA_ADMIN_PASSWORD"] = _options.AdminPassword,
        };
        if (BrokerManagementAddress is not null)
        {
            variables["SHOPSAGA_RABBITMQ_MANAGEMENT"] = BrokerManagementAddress;
        }

        return variables;
    }

    // As psql and pg_dump take it; a path names the database.
    private static string UriOf(NpgsqlConnectionStringBuilder server) =>
        $"postgresql://{Uri.EscapeDataString(server.Username!)}:{Uri.EscapeDataString(server.Password!)}@{server.Host}:{server.Port}";

    public async ValueTask DisposeAsync()
    {
        var dataIsKept = _options.BasePort is not null;
        await (_laboratory?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Task.WhenAll(_services.Select(process => process.Stop()));
        // A clean shutdown takes seconds: PostgreSQL writes a checkpoint, and RabbitMQ 3.10 sleeps for five seconds.
        await Task.WhenAll(
            _servers.Where(process => process.Name != Epmd).Select(process => dataIsKept ? process.Stop() : process.Abandon()));
        await Task.WhenAll(_servers.Select(process => process.Stop()));

        if (_inContainers && !dataIsKept)
        {
            await Containers.Remove(Ports, _folder, CancellationToken.None);
        }

        _folder.ForgetProcesses();
        RunningStack.Withdraw(_folder);
        if (!dataIsKept)
        {
            _folder.Remove();
        }

        _folder.Dispose();
        _claim?.Dispose();
    }

    private StackProcess Find(string name) => Processes.SingleOrDefault(process => process.Name == name)
        ?? throw new ArgumentException(
            $"This stack has no process \"{name}\"; it has {string.Join(", ", Processes.Select(process => process.Name))}.");

    private static Task WaitFor(string server, Func<CancellationToken, Task> probe, CancellationToken cancellationToken) =>
        Readiness.WaitFor(server, null, "", probe, cancellationToken);

    private async Task StartAll(CancellationToken cancellationToken)
    {
        List<Instance> instances = _options.WithServices ? [.. _options.Processes] : [];
        Ports.EnsureFree(instances);
        var programs = await Binaries.Find(_options.Servers, _options.Progress, cancellationToken);
        _inContainers = new[] { programs.PostgreSql, programs.RabbitMq, programs.Redis }.Contains(Containers.Program);
        if (_inContainers && _options.Fresh)
        {
            await Containers.Remove(Ports, _folder, cancellationToken);
        }

        var clock = Stopwatch.StartNew();
        await AllOrFirstFailure(cancellationToken,
            token => StartPostgreSql(programs.PostgreSql, token),
            token => StartRabbitMq(programs.RabbitMq, token),
            token => StartRedis(programs.Redis, token),
            token => _options.Observe ? StartObservers(token) : Task.CompletedTask);
        _options.Progress($"PostgreSQL, RabbitMQ and Redis are ready after {clock.Elapsed.TotalSeconds:0.0} s.");
        if (!_options.WithServices)
        {
            return;
        }

        _services.AddRange(instances.Select(instance => ServiceProcesses.Prepare(instance, this, _options, _folder)));
        await AllOrFirstFailure(cancellationToken, [.. _services.Select(process => (Func<CancellationToken, Task>)process.Start)]);
        _laboratory = new LaboratoryControl(this);
        _options.Progress($"{_services.Count} services are ready after {clock.Elapsed.TotalSeconds:0.0} s in all.");
    }

    private async Task StartPostgreSql(string? program, CancellationToken cancellationToken)
    {
        if (program == Containers.Program)
        {
            await Run(
                Containers.Prepare(PostgreSql, token => Servers.PostgreSql.Ping(AdminConnectionString, token), Ports, _folder),
                cancellationToken);
        }
        else if (program is not null)
        {
            await Run(await Servers.PostgreSql.Prepare(program, Ports, _folder, cancellationToken), cancellationToken);
        }
        else
        {
            await WaitFor(
                PostgreSql + " at SHOPSAGA_POSTGRES", token => Servers.PostgreSql.Ping(AdminConnectionString, token), cancellationToken);
        }

        await Servers.PostgreSql.CreateDatabases(AdminConnectionString, _folder.Secret, _options.Fresh, cancellationToken);
    }

    private async Task StartRabbitMq(string? program, CancellationToken cancellationToken)
    {
        if (program == Containers.Program)
        {
            await Run(
                Containers.Prepare(RabbitMq, token => Servers.RabbitMq.Ping(BrokerAddress, token), Ports, _folder), cancellationToken);
        }
        else if (program is not null)
        {
            await Run(Servers.RabbitMq.Epmd(Ports, _folder), cancellationToken);
            await Run(Servers.RabbitMq.Prepare(program, Ports, _folder), cancellationToken);
        }
        else
        {
            await WaitFor(RabbitMq + " at SHOPSAGA_RABBITMQ", token => Servers.RabbitMq.Ping(BrokerAddress, token), cancellationToken);
        }

        // The management plugin is ready a little later than the broker.
        if (_options.WithServices && BrokerManagementAddress is { } management)
        {
            await WaitFor(
                RabbitMq + "'s management",
                token => BrokerUsers.Create(management, BrokerAddress, _folder.Secret, ServiceProcesses.UseNServiceBus, token),
                cancellationToken);
        }
    }

    private async Task StartRedis(string? program, CancellationToken cancellationToken)
    {
        if (program == Containers.Program)
        {
            await Run(Containers.Prepare(Redis, token => Servers.Redis.Ping(RedisAddress, token), Ports, _folder), cancellationToken);
        }
        else if (program is not null)
        {
            await Run(Servers.Redis.Prepare(program, Ports, _folder), cancellationToken);
        }
        else
        {
            await WaitFor(Redis + " at SHOPSAGA_REDIS", token => Servers.Redis.Ping(RedisAddress, token), cancellationToken);
        }
    }

    private async Task StartObservers(CancellationToken cancellationToken)
    {
        if (await Dashboard.Find(ServiceProcesses.Dotnet, _options.Progress, cancellationToken) is { } dashboard)
        {
            await Run(Dashboard.Prepare(dashboard, ServiceProcesses.Dotnet, Ports, _folder), cancellationToken);
            TraceReceiver = Dashboard.Otlp(Ports);
        }
        else
        {
            _options.Progress("The dashboard for traces cannot be restored here and is left out: infra/monitoring/Dashboard.proj.");
        }

        if (await StartPrometheus(new Dictionary<string, string>(), cancellationToken) is { } prometheus)
        {
            Add(prometheus);
        }
        else
        {
            _options.Progress("Prometheus is not on this machine and is left out: install the package prometheus.");
        }
    }

    private Task Run(StackProcess process, CancellationToken cancellationToken)
    {
        Add(process);
        return process.Start(cancellationToken);
    }

    private void Add(StackProcess process)
    {
        lock (_servers)
        {
            _servers.Add(process);
        }
    }

    /// <summary>Runs all concurrently. The first failure cancels the others and is the one reported.</summary>
    private static async Task AllOrFirstFailure(CancellationToken cancellationToken, params Func<CancellationToken, Task>[] work)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = work.Select(start => start(failed.Token)).ToList();
        Exception? first = null;
        await foreach (var ended in Task.WhenEach(running))
        {
            if (ended.Exception?.InnerException is { } reason && first is null)
            {
                first = reason;
                await failed.CancelAsync();
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }
}
