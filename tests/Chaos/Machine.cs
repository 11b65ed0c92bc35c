using System.Diagnostics;
using Npgsql;
using ShopSaga.Local.Data;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;
using ShopSaga.Local.Servers;

namespace ShopSaga.Chaos;

/// <summary>
/// Two stacks: the servers, and the services, which know the servers only through proxies.
/// <code>
///   clients ─► gateway ─► services ─► proxies ─► PostgreSQL, RabbitMQ, Redis
/// </code>
/// </summary>
internal sealed class Machine : IAsyncDisposable
{
    private const int MaxStarts = 3;
    private const string FakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

    private readonly LocalStack _servers;
    private readonly LocalStack _services;

    private readonly SmallDisk? _disk;

    private Machine(LocalStack servers, LocalStack services, IReadOnlyDictionary<string, TcpProxy> lines, SmallDisk? disk) =>
        (_servers, _services, Lines, _disk) = (servers, services, lines, disk);

    /// <summary>Whether the disk of PostgreSQL can be filled: only root can mount one for it.</summary>
    public bool HasDiskOfItsOwn => _disk is not null;

    /// <summary>Whether libfaketime is here (the package libfaketime).</summary>
    public static bool CanMoveClocks => File.Exists(FakeTime);

    /// <summary>The proxies by the name of the server behind them.</summary>
    public IReadOnlyDictionary<string, TcpProxy> Lines { get; }

    /// <summary>Whether the services were started from the build of another release.</summary>
    public bool IsUpgraded { get; private init; }

    public Uri Gateway => _services.GatewayAddress;

    /// <summary>Of PostgreSQL's administrator, past the proxy.</summary>
    public string Database => _servers.AdminConnectionString;

    /// <summary>Of the broker's administrator, past the proxy.</summary>
    public string Broker => _servers.BrokerAddress;

    public string? BrokerManagement => _servers.BrokerManagementAddress;

    /// <summary>The names of the services' processes.</summary>
    public IReadOnlyList<string> Services => [.. _services.Processes.Select(process => process.Name)];

    /// <param name="instances">Of every service.</param>
    /// <param name="build">The checkout whose build the services are started from; null for this one.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<Machine> Start(int instances, string? build, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var disk = await SmallDisk.TryMount();
        var servers = await LocalStack.StartAsync(
            new StackOptions { BasePort = disk?.BasePort, Progress = Console.WriteLine }, cancellationToken);
        var lines = new Dictionary<string, TcpProxy>
        {
            [LocalStack.PostgreSql] = new(servers.Ports.PostgreSql),
            [LocalStack.RabbitMq] = new(servers.Ports.RabbitMq),
            [LocalStack.Redis] = new(servers.Ports.Redis),
        };
        try
        {
            var addresses = new ServerAddresses
            {
                PostgreSql = new NpgsqlConnectionStringBuilder(servers.AdminConnectionString) { Port = lines[LocalStack.PostgreSql].Port }
                    .ConnectionString,
                RabbitMq = new UriBuilder(servers.BrokerAddress) { Port = lines[LocalStack.RabbitMq].Port }.Uri.AbsoluteUri,
                RabbitMqManagement = servers.BrokerManagementAddress,
                Redis = $"127.0.0.1:{lines[LocalStack.Redis].Port}",
            };
            var services = await LocalStack.StartAsync(
                new StackOptions
                {
                    WithServices = true,
                    Build = build ?? DataFolder.Checkout,
                    Instances = instances,
                    RelaxedRateLimits = true,
                    Servers = addresses,
                    Progress = Console.WriteLine,
                },
                cancellationToken);
            Console.WriteLine($"Everything is up after {clock.Elapsed.TotalSeconds:0.0} s, on {services.GatewayAddress}");
            return new Machine(servers, services, lines, disk) { IsUpgraded = build is not null };
        }
        catch
        {
            await servers.DisposeAsync();
            await (disk?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    public Task Kill(string name) => StackOf(name).Kill(name);

    /// <summary>Asks it to stop, and waits until it has.</summary>
    public Task Stop(string name) => StackOf(name).Stop(name);

    /// <summary>Starts what was killed or stopped, and waits until it is ready.</summary>
    public Task Start(string name, CancellationToken cancellationToken) =>
        StartInSomeAttempt(name, () => StackOf(name).Start(name, cancellationToken));

    /// <summary>Copies the logs of the services to a folder, since those of the stack go with it.</summary>
    public void KeepLogs(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var log in All.Select(process => process.Log).Where(File.Exists))
        {
            File.Copy(log, Path.Combine(folder, Path.GetFileName(log)), overwrite: true);
        }
    }

    /// <summary>Freezes or thaws a process and its descendants.</summary>
    public void Send(string name, Signal signal)
    {
        if (ProcessOf(name).Pid is not { } pid)
        {
            return;
        }

        Unix.Send(pid, signal);
        foreach (var descendant in Unix.DescendantsOf(pid))
        {
            Unix.Send(descendant, signal);
        }
    }

    /// <summary>Starts a service from the build of another checkout; null for this one.</summary>
    public Task StartFrom(string? checkout, string name, CancellationToken cancellationToken) =>
        _services.StartFrom(checkout ?? DataFolder.Checkout, name, cancellationToken);

    /// <summary>Starts a service with a clock that is ahead by this many seconds, or behind.</summary>
    public Task StartWithClock(string name, int seconds, CancellationToken cancellationToken) => StartInSomeAttempt(
        name,
        () => _services.StartWith(
            name,
            new() { ["LD_PRELOAD"] = FakeTime, ["FAKETIME"] = $"{seconds:+0;-0}", ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1" },
            cancellationToken));

    /// <summary>Runs rabbitmqctl.</summary>
    public async Task ControlBroker(CancellationToken cancellationToken, params string[] arguments)
    {
        var command = new Command(
            BrokerControl ?? throw new InvalidOperationException("rabbitmqctl is not on this machine."),
            ["--node", $"shopsaga{_servers.Ports.Base}@localhost", .. arguments])
        {
            HiddenPrefixes = ["RABBITMQ_", "ERL_"],
            Environment =
            {
                ["HOME"] = Path.Combine(_servers.DataPath, "rabbitmq"), // the Erlang cookie
                ["ERL_EPMD_PORT"] = $"{_servers.Ports.Epmd}",
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_servers.DataPath, "rabbitmq", "rabbitmq-env.conf"),
            },
        };
        var (exitCode, output) = await Executables.Run(command, cancellationToken);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', arguments)} failed: {output}");
        }
    }

    public Task FillDisk() => _disk!.Fill();

    public void FreeDisk() => _disk!.Free();

    public bool IsRunning(string name) => ProcessOf(name).Pid is not null;

    /// <summary>The processes that have ended.</summary>
    public IEnumerable<string> Ended => All.Where(process => process.Pid is null).Select(process => process.Name);

    public string LogOf(string name) => ProcessOf(name).Log;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        foreach (var line in Lines.Values)
        {
            await line.DisposeAsync();
        }

        await _servers.DisposeAsync();
        await (_disk?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    // Asked for late: the start of a stack may install it.
    private static string? BrokerControl =>
        new[] { "/usr/lib/rabbitmq/bin/rabbitmqctl", Executables.InPath("rabbitmqctl") }.FirstOrDefault(File.Exists);

    private IEnumerable<StackProcess> All => _servers.Processes.Concat(_services.Processes);

    private async Task StartInSomeAttempt(string name, Func<Task> start)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await start();
                return;
            }
            catch (CannotStartException ended) when (attempt < MaxStarts && !IsRunning(name))
            {
                // The database can be killed in the middle of a start. An orchestrator starts the process again, and so do we.
                Console.WriteLine($"          {name} is started again: {ended.Message.Split(Environment.NewLine)[0]}");
            }
        }
    }

    private StackProcess ProcessOf(string name) => All.Single(process => process.Name == name);

    private LocalStack StackOf(string name) => _servers.Processes.Any(process => process.Name == name) ? _servers : _services;
}
