using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>The servers as containers of infra/compose/servers.yml, where a Docker engine is all there is.</summary>
internal static class Containers
{
    /// <summary>Stands for a server's program where its container is to be started instead.</summary>
    public const string Program = "docker";

    /// <summary>Whether an engine answers that can run compose files.</summary>
    public static async Task<bool> Possible(CancellationToken cancellationToken) =>
        Executables.InPath(Program) is not null
        && (await Executables.Run(new Command(Program, "info"), cancellationToken)).ExitCode == 0
        && (await Executables.Run(new Command(Program, "compose", "version"), cancellationToken)).ExitCode == 0;

    /// <summary>One server's container, in the foreground: asking the command to end stops the container.</summary>
    public static Part Prepare(string name, Func<CancellationToken, Task> ask, Ports ports, DataFolder folder) =>
        new(name, Compose(ports, folder, "up", "--no-log-prefix", "--abort-on-container-exit", name.ToLowerInvariant()), ask, folder);

    /// <summary>Removes containers and data.</summary>
    public static Task Remove(Ports ports, DataFolder folder, CancellationToken cancellationToken) =>
        Executables.Run(Compose(ports, folder, "down", "--volumes"), cancellationToken);

    private static Command Compose(Ports ports, DataFolder folder, params string[] words) =>
        new(Program, ["compose", "-f", Path.Combine(DataFolder.Checkout, "infra/compose/servers.yml"), "-p", $"shopsaga{ports.Base}", .. words])
        {
            Folder = DataFolder.Checkout,
            AbandonSignal = Signal.Terminate,
            Environment =
            {
                ["POSTGRES_PASSWORD"] = folder.Secret("shopsaga"),
                ["POSTGRES_PORT"] = $"{ports.PostgreSql}",
                ["RABBITMQ_PASSWORD"] = folder.Secret("rabbitmq"),
                ["RABBITMQ_PORT"] = $"{ports.RabbitMq}",
                ["RABBITMQ_MANAGEMENT_PORT"] = $"{ports.RabbitMqManagement}",
                ["REDIS_PORT"] = $"{ports.Redis}",
            },
        };
}
