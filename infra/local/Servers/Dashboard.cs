using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>
/// The .NET Aspire dashboard, a receiver of traces and logs that shows them in a browser; restored as a package when first asked for.
/// </summary>
internal static class Dashboard
{
    /// <summary>The name of its process in the stack.</summary>
    public const string Name = "Dashboard";

    private const string Project = "infra/monitoring/Dashboard.proj";
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public static Uri Address(Ports ports) => new($"http://127.0.0.1:{ports.Dashboard}");

    public static Uri Otlp(Ports ports) => new($"http://127.0.0.1:{ports.Otlp}");

    /// <summary>The program; null where no feed of this machine has it.</summary>
    public static async Task<string?> Find(string dotnet, Action<string> progress, CancellationToken cancellationToken)
    {
        progress("Restoring the dashboard, 30 MB the first time.");
        var project = Path.Combine(DataFolder.Checkout, Project);
        await Executables.Run(new Command(dotnet, "restore", project, "-v", "quiet", "--nologo"), cancellationToken);
        var (_, path) = await Executables.Run(
            new Command(dotnet, "msbuild", project, "-getProperty:DashboardProgram", "-nologo"), cancellationToken);
        return File.Exists(path.Trim()) ? path.Trim() : null;
    }

    public static StackProcess Prepare(string program, string dotnet, Ports ports, DataFolder folder)
    {
        var command = new Command(program)
        {
            Folder = Path.GetDirectoryName(program),
            HiddenPrefixes = ["ASPNETCORE_", "OTEL_"],
            Environment =
            {
                ["DOTNET_ROOT"] = Path.GetDirectoryName(dotnet)!,
                ["ASPNETCORE_URLS"] = Address(ports).ToString(),
                ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Otlp(ports).ToString(),
                // It listens on loopback only.
                ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
            },
        };
        return new StackProcess(Name, command, token => Ping(Address(ports), token), folder);
    }

    private static async Task Ping(Uri address, CancellationToken cancellationToken)
    {
        using var answer = await Http.GetAsync(address, cancellationToken);
    }
}
