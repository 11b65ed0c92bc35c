using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Servers;

namespace ShopSaga.Local.Running;

/// <summary>What to start, and on which ports.</summary>
internal sealed record StackOptions
{
    /// <summary>The gateway's port, from which all others derive. Null takes a free range, and removes the data at the end.</summary>
    public int? BasePort { get; init; }

    /// <summary>Whether to start the services as well as PostgreSQL, RabbitMQ and Redis.</summary>
    public bool WithServices { get; init; }

    /// <summary>Delete the data of earlier runs.</summary>
    public bool Fresh { get; init; }

    /// <summary>The number of instances of each endpoint and of the web application.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>The number of instances of services that have more than the others.</summary>
    public IReadOnlyDictionary<string, int> MoreInstances { get; init; } = new Dictionary<string, int>();

    /// <summary>Rate limits at the gateway that load and test clients do not reach.</summary>
    public bool RelaxedRateLimits { get; init; }

    /// <summary>Whether to start Prometheus and a dashboard for traces beside it.</summary>
    public bool Observe { get; init; }

    /// <summary>Where services send traces, metrics and logs by OTLP over gRPC; with <see cref="Observe"/> to the dashboard.</summary>
    public Uri? TraceReceiver { get; init; }

    /// <summary>The checkout whose build the services are started from.</summary>
    public string Build { get; init; } = DataFolder.Checkout;

    /// <summary>Existing servers to use instead of private ones.</summary>
    public ServerAddresses Servers { get; init; } = new();

    /// <summary>The first administrator's.</summary>
    public string AdminEmail { get; init; } = "admin@shopsaga.local";
    public string AdminPassword { get; init; } = "local-admin-password";

    /// <summary>Receives progress messages, one line each.</summary>
    public Action<string> Progress { get; init; } = _ => { };

    /// <summary>The processes of all services.</summary>
    public IEnumerable<Instance> Processes => Topology.Services.SelectMany(ProcessesOf);

    /// <summary>The processes of one service.</summary>
    public IEnumerable<Instance> ProcessesOf(Service service) =>
        Topology.Instances(service, MoreInstances.GetValueOrDefault(service.Name, Instances));
}
