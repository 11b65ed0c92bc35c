using System.Text.Json;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>A private Prometheus that reads the metrics of services and servers, with the shop's own rules.</summary>
internal static class Prometheus
{
    /// <summary>The name of its process in the stack.</summary>
    public const string Name = "Prometheus";

    private static readonly string[] QueueFamilies = ["queue_coarse_metrics", "queue_consumer_count"];
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public static Uri Address(Ports ports) => new($"http://127.0.0.1:{ports.Prometheus}");

    /// <summary>The program, installed where it is missing and can be; null otherwise.</summary>
    public static async Task<string?> Find(Action<string> progress, CancellationToken cancellationToken)
    {
        if (Executables.InPath("prometheus") is null && DebianPackages.CanInstall)
        {
            await DebianPackages.Install(["prometheus"], progress, cancellationToken);
        }

        return Executables.InPath("prometheus");
    }

    /// <param name="program">The path of the program.</param>
    /// <param name="ports">The ports of the stack.</param>
    /// <param name="folder">The stack's data.</param>
    /// <param name="services">The services to read from.</param>
    /// <param name="exporters">Addresses (HOST:PORT) of other programs to read from, by job.</param>
    public static StackProcess Prepare(
        string program, Ports ports, DataFolder folder, IEnumerable<Instance> services, IReadOnlyDictionary<string, string> exporters)
    {
        var home = folder.Of("prometheus");
        Directory.CreateDirectory(home);
        var file = Path.Combine(home, "prometheus.yml");
        File.WriteAllText(file, Configuration(ports, services, exporters));
        var command = new Command(program,
            $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(home, "data")}", "--storage.tsdb.retention.time=1d",
            $"--web.listen-address=127.0.0.1:{ports.Prometheus}", "--log.level=warn")
        {
            Folder = home,
        };
        return new StackProcess(Name, command, token => Ping(Address(ports), token), folder);
    }

    private static async Task Ping(Uri address, CancellationToken cancellationToken)
    {
        using var answer = await Http.GetAsync(new Uri(address, "/-/ready"), cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>As infra/monitoring/prometheus/prometheus.yml, with the addresses of this stack, and more often. JSON is YAML.</summary>
    private static string Configuration(Ports ports, IEnumerable<Instance> services, IReadOnlyDictionary<string, string> exporters)
    {
        string[] rabbitMq = [$"127.0.0.1:{ports.RabbitMqMetrics}"];
        var jobs = new List<object>
        {
            new
            {
                job_name = "shopsaga",
                static_configs = services.Select(service => new
                {
                    targets = new[] { ports.AddressOf(service).Authority },
                    labels = new { service = service.Service.Name.ToLowerInvariant() },
                }),
            },
            new { job_name = "rabbitmq", static_configs = new[] { new { targets = rabbitMq } } },
            new
            {
                job_name = "rabbitmq-queues",
                metrics_path = "/metrics/detailed",
                @params = new { family = QueueFamilies },
                static_configs = new[] { new { targets = rabbitMq } },
            },
        };
        jobs.AddRange(exporters.Select(
            exporter => new { job_name = exporter.Key, static_configs = new[] { new { targets = new[] { exporter.Value } } } }));
        return JsonSerializer.Serialize(new
        {
            global = new { scrape_interval = "2s", evaluation_interval = "2s" },
            rule_files = new[] { Path.Combine(DataFolder.Checkout, "infra/monitoring/prometheus/rules.yml") },
            scrape_configs = jobs,
        });
    }
}
