using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>Runs the servers as containers of infra/compose/servers.yml, where only a Docker engine is available.</summary>
internal static class Containers
{
    /// <summary>Takes the place of a server's program when its container is started instead.</summary>
    public const string Program = "docker";

    /// <summary>Whether a Docker engine with compose is available.</summary>
    public static async Task<bool> IsAvailable(CancellationToken cancellationToken) =>
        Executables.InPath(Program) is not null
        && (await Executables.Run(new Command(Program, "info"), cancellationToken)).ExitCode == 0
        && (await Executables.Run(new Command(Program, "compose", "version"), cancellationToken)).ExitCode == 0;

    /// <summary>The container of one server, in the foreground: stopping the command stops the container.</summary>
    public static StackProcess Prepare(string name, Func<CancellationToken, Task> probe, Ports ports, DataFolder folder) =>
        new(name, Compose(ports, folder, "up", "--no-log-prefix", "--abort-on-container-exit", name.ToLowerInvariant()), probe, folder);

    /// <summary>Removes the containers and their data.</summary>
    public static Task Remove(Ports ports, DataFolder folder, CancellationToken cancellationToken) =>
        Executables.Run(Compose(ports, folder, "down", "--volumes"), cancellationToken);

    private static Command Compose(Ports ports, DataFolder folder, params string[] words) =>
        new(
            Program,
            ["compose", "-f", Path.Combine(DataFolder.Checkout, "infra/compose/servers.yml"), "-p", $"shopsaga{ports.Base}", .. words])
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
