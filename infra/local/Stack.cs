using System.Diagnostics;
using System.Net.Sockets;
using ShopSaga.Local.Servers;
using ShopSaga.Local.Services;

namespace ShopSaga.Local;

/// <summary>
/// PostgreSQL, RabbitMQ, Redis and, if asked for, the services. Everything that this started is gone when it is disposed, in the
/// reverse order. Parts are named as in <see cref="Topology"/>, the servers as below.
/// </summary>
internal sealed class Stack : IAsyncDisposable
{
    public const string PostgreSql = "PostgreSQL";
    public const string RabbitMq = "RabbitMQ";
    public const string Redis = "Redis";
    public const string Epmd = "epmd";

    private readonly StackOptions _options;
    private readonly DataFolder _folder;
    private readonly Socket? _claim;
    private readonly List<Part> _servers = [];
    private readonly List<Part> _services = [];
    private bool _inContainers;

    private Stack(StackOptions options, Ports ports, Socket? claim, DataFolder folder)
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
    }

    public Ports Ports { get; }
    public string DataPath => _folder.Path;
    public Uri GatewayAddress => Ports.AddressOf(Topology.Find("gateway"));

    /// <summary>Opens every database, as the server's administrator.</summary>
    public string AdminConnectionString { get; }

    /// <summary>amqp://user:password@host:port/</summary>
    public string BrokerAddress { get; }

    /// <summary>http://user:password@host:port/; null where somebody else's broker came without one.</summary>
    public string? BrokerManagementAddress { get; }

    /// <summary>host:port</summary>
    public string RedisAddress { get; }

    /// <summary>Everything that was started, in the order of starting.</summary>
    public IEnumerable<Part> Parts => _servers.Concat(_services);

    /// <summary>Starts it all and returns when every part has answered. Stops what it has started if that fails.</summary>
    public static async Task<Stack> StartAsync(StackOptions options, CancellationToken cancellationToken)
    {
        var (ports, claim) = options.BasePort is { } chosen ? (new Ports(chosen), null) : Ports.FindFree();
        var folder = await DataFolder.Open(ports.Base, options.Fresh, temporary: options.BasePort is null);
        var stack = new Stack(options, ports, claim, folder);
        try
        {
            await stack.StartAll(cancellationToken);
            new RunningStack(stack.AdminConnectionString, stack.BrokerAddress).Announce(folder);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection string with which a service opens its own database.</summary>
    public string ConnectionString(string service) =>
        Servers.PostgreSql.ConnectionString(AdminConnectionString, Topology.Find(service).Database!, _folder);

    /// <summary>The connection string with which a service makes its tables, before it serves.</summary>
    public string SchemaConnectionString(string service) =>
        Servers.PostgreSql.SchemaConnectionString(AdminConnectionString, Topology.Find(service).Database!, _folder);

    /// <summary>amqp://user:password@host:port/ of a service; the administrator's where nobody may make users.</summary>
    public string BrokerAddressOf(string service) =>
        BrokerManagementAddress is null ? BrokerAddress : BrokerUsers.Address(BrokerAddress, Topology.Find(service), _folder);

    /// <summary>SIGKILL to a part and whatever it has started.</summary>
    public Task Kill(string name) => Find(name).Kill();

    /// <summary>Asks a part to end and waits until it has.</summary>
    public Task Stop(string name) => Find(name).Stop();

    /// <summary>Starts a part that was stopped or killed, and waits until it answers.</summary>
    public Task Start(string name, CancellationToken cancellationToken = default) => Find(name).Start(cancellationToken);

    /// <summary>The same, with settings (such as <c>Orders__Expiry</c>) that are new to it and that this start alone has.</summary>
    public Task StartWith(string name, Dictionary<string, string> settings, CancellationToken cancellationToken = default) =>
        Find(name).Start(settings, cancellationToken);

    /// <summary>The addresses, for a program that works with this stack.</summary>
    public Dictionary<string, string> Environment()
    {
        var variables = new Dictionary<string, string>
        {
            [DataFolder.Mark] = _folder.Path,
            ["SHOPSAGA_BASE_PORT"] = $"{Ports.Base}",
            ["SHOPSAGA_POSTGRES"] = AdminConnectionString,
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

    public async ValueTask DisposeAsync()
    {
        var dataIsKept = _options.BasePort is not null;
        await Task.WhenAll(_services.Select(part => part.Stop()));
        // In good order PostgreSQL writes a checkpoint and RabbitMQ 3.10 sleeps five seconds.
        await Task.WhenAll(_servers.Where(part => part.Name != Epmd).Select(part => dataIsKept ? part.Stop() : part.Abandon()));
        await Task.WhenAll(_servers.Select(part => part.Stop()));

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

    private Part Find(string name) => Parts.SingleOrDefault(part => part.Name == name)
        ?? throw new ArgumentException($"This stack has no part \"{name}\" of its own; it has {string.Join(", ", Parts.Select(part => part.Name))}.");

    private async Task StartAll(CancellationToken cancellationToken)
    {
        List<Instance> instances = _options.WithServices ? [.. Topology.Instances(_options.Instances)] : [];
        Ports.DemandFree(instances);
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
            token => StartRedis(programs.Redis, token));
        _options.Progress($"PostgreSQL, RabbitMQ and Redis answer after {clock.Elapsed.TotalSeconds:0.0} s.");
        if (!_options.WithServices)
        {
            return;
        }

        _services.AddRange(instances.Select(instance => ServiceParts.Prepare(instance, this, _options, _folder)));
        await AllOrFirstFailure(cancellationToken, [.. _services.Select(part => (Func<CancellationToken, Task>)part.Start)]);
        _options.Progress($"{_services.Count} services answer after {clock.Elapsed.TotalSeconds:0.0} s in all.");
    }

    private async Task StartPostgreSql(string? program, CancellationToken cancellationToken)
    {
        if (program == Containers.Program)
        {
            await Run(Containers.Prepare(PostgreSql, token => Servers.PostgreSql.Ask(AdminConnectionString, token), Ports, _folder), cancellationToken);
        }
        else if (program is not null)
        {
            await Run(await Servers.PostgreSql.Prepare(program, Ports, _folder, cancellationToken), cancellationToken);
        }
        else
        {
            await Ready.When(PostgreSql + " at SHOPSAGA_POSTGRES", null, "", token => Servers.PostgreSql.Ask(AdminConnectionString, token), cancellationToken);
        }

        await Servers.PostgreSql.CreateDatabases(AdminConnectionString, _folder, _options.Fresh, cancellationToken);
    }

    private async Task StartRabbitMq(string? program, CancellationToken cancellationToken)
    {
        if (program == Containers.Program)
        {
            await Run(Containers.Prepare(RabbitMq, token => Servers.RabbitMq.Ask(BrokerAddress, token), Ports, _folder), cancellationToken);
        }
        else if (program is not null)
        {
            await Run(Servers.RabbitMq.Epmd(Ports, _folder), cancellationToken);
            await Run(Servers.RabbitMq.Prepare(program, Ports, _folder), cancellationToken);
        }
        else
        {
            await Ready.When(RabbitMq + " at SHOPSAGA_RABBITMQ", null, "", token => Servers.RabbitMq.Ask(BrokerAddress, token), cancellationToken);
        }

        // The management answers a little later than the broker.
        if (_options.WithServices && BrokerManagementAddress is { } management)
        {
            await Ready.When(RabbitMq + "'s management", null, "", token => BrokerUsers.Create(management, BrokerAddress, _folder, token), cancellationToken);
        }
    }

    private async Task StartRedis(string? program, CancellationToken cancellationToken)
    {
        if (program == Containers.Program)
        {
            await Run(Containers.Prepare(Redis, token => Servers.Redis.Ask(RedisAddress, token), Ports, _folder), cancellationToken);
        }
        else if (program is not null)
        {
            await Run(Servers.Redis.Prepare(program, Ports, _folder), cancellationToken);
        }
        else
        {
            await Ready.When(Redis + " at SHOPSAGA_REDIS", null, "", token => Servers.Redis.Ask(RedisAddress, token), cancellationToken);
        }
    }

    private Task Run(Part part, CancellationToken cancellationToken)
    {
        lock (_servers)
        {
            _servers.Add(part);
        }

        return part.Start(cancellationToken);
    }

    /// <summary>Runs all at once; the first that fails ends the waiting of the others, and is what is reported.</summary>
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
