using RabbitMQ.Client;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>
/// A private RabbitMQ with its plugins for management and metrics: its own node and epmd, on loopback only, with limits on memory and
/// processors.
/// </summary>
internal static class RabbitMq
{
    /// <summary>The name of its process in the stack.</summary>
    public const string Name = "RabbitMQ";

    /// <summary>The name of epmd's process in the stack.</summary>
    public const string EpmdName = "epmd";

    private const string User = "shopsaga";

    // After a crash, a message that leaves a delay queue before its target queue is up is sent again after this many milliseconds. The
    // default is three minutes (https://www.rabbitmq.com/blog/2022/03/29/at-least-once-dead-lettering).
    private const string Advanced = "[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 10000}]}].\n";

    public static string Address(Ports ports, DataFolder folder) =>
        $"amqp://{User}:{folder.Secret("rabbitmq")}@127.0.0.1:{ports.RabbitMq}/";

    public static string ManagementAddress(Ports ports, DataFolder folder) =>
        $"http://{User}:{folder.Secret("rabbitmq")}@127.0.0.1:{ports.RabbitMqManagement}/";

    /// <summary>
    /// epmd maps node names to ports. By itself Erlang starts one that outlives the broker; ours is stopped with the stack.
    /// </summary>
    public static StackProcess Epmd(Ports ports, DataFolder folder) => new(
        EpmdName,
        new Command(EpmdProgram(), "-address", "127.0.0.1", "-port", $"{ports.Epmd}")
        {
            HiddenPrefixes = ["ERL_"],
        },
        token => Tcp.Connect(ports.Epmd, token),
        folder);

    public static StackProcess Prepare(string program, Ports ports, DataFolder folder)
    {
        var home = folder.Of("rabbitmq");
        Directory.CreateDirectory(home);
        DataFolder.WritePrivately(Path.Combine(home, "rabbitmq.conf"), Configuration(ports, folder));
        DataFolder.WritePrivately(Path.Combine(home, "advanced.config"), Advanced);
        DataFolder.WritePrivately(Path.Combine(home, "enabled_plugins"), "[rabbitmq_management,rabbitmq_prometheus].\n");

        var command = new Command(program)
        {
            Folder = home,
            HiddenPrefixes = ["RABBITMQ_", "ERL_"],
            Environment =
            {
                ["HOME"] = home, // the Erlang cookie
                ["ERL_EPMD_PORT"] = $"{ports.Epmd}",
                ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
                ["RABBITMQ_NODENAME"] = $"shopsaga{ports.Base}@localhost",
                ["RABBITMQ_DIST_PORT"] = $"{ports.ErlangDistribution}",
                ["RABBITMQ_CONFIG_FILE"] = Path.Combine(home, "rabbitmq.conf"),
                ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(home, "advanced.config"),
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(home, "rabbitmq-env.conf"),
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(home, "enabled_plugins"),
                ["RABBITMQ_MNESIA_BASE"] = Path.Combine(home, "data"),
                ["RABBITMQ_LOG_BASE"] = Path.Combine(home, "log"),
                ["RABBITMQ_LOGS"] = "-",
                // Two schedulers that do not busy-wait.
                ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
                    "+S 2:2 +SDio 4 +A 4 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
                ["RABBITMQ_MAX_NUMBER_OF_PROCESSES"] = "65536",
                // Makes the start script exec the broker instead of waiting for it.
                ["RUNNING_UNDER_SYSTEMD"] = "true",
            },
        };
        var address = Address(ports, folder);
        return new StackProcess(Name, command, token => Ping(address, token), folder);
    }

    /// <summary>Opens and closes an AMQP connection.</summary>
    public static async Task Ping(string address, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = new Uri(address), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
        await connection.CloseAsync(cancellationToken);
    }

    private static string EpmdProgram() => Executables.InPath("epmd")
        ?? throw new CannotStartException(
            "RabbitMQ is here but Erlang's epmd is not in the PATH: add the folder that holds erl and epmd to it.");

    private static string Configuration(Ports ports, DataFolder folder) => $"""
        listeners.tcp.1 = 127.0.0.1:{ports.RabbitMq}
        management.tcp.ip = 127.0.0.1
        management.tcp.port = {ports.RabbitMqManagement}
        prometheus.tcp.ip = 127.0.0.1
        prometheus.tcp.port = {ports.RabbitMqMetrics}
        default_user = {User}
        default_pass = {folder.Secret("rabbitmq")}
        default_user_tags.administrator = true
        default_permissions.configure = .*
        default_permissions.read = .*
        default_permissions.write = .*
        log.console.level = info
        vm_memory_high_watermark.absolute = 512MiB
        disk_free_limit.absolute = 100MB
        # Quorum queues keep what is in the write-ahead log in memory too; the default is 512 MiB.
        raft.wal_max_size_bytes = 33554432

        """;
}
