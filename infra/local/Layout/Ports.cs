using System.Net;
using System.Net.Sockets;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Layout;

/// <summary>The ports of a stack, all derived from the gateway's.</summary>
internal sealed record Ports(int Base)
{
    public int Gateway => Base;
    public int PostgreSql => Base + Topology.PostgreSqlOffset;
    public int RabbitMq => Base + Topology.RabbitMqOffset;
    public int RabbitMqManagement => Base + Topology.RabbitMqManagementOffset;
    public int ErlangDistribution => Base + Topology.ErlangDistributionOffset;
    public int Epmd => Base + Topology.EpmdOffset;
    public int Redis => Base + Topology.RedisOffset;
    public int Laboratory => Base + Topology.LaboratoryOffset;
    public int RabbitMqMetrics => Base + Topology.RabbitMqMetricsOffset;
    public int Prometheus => Base + Topology.PrometheusOffset;
    public int Dashboard => Base + Topology.DashboardOffset;
    public int Otlp => Base + Topology.OtlpOffset;

    public Uri AddressOf(Service service) => AddressAt(service.Offset);

    public Uri AddressOf(Instance instance) => AddressAt(instance.Offset);

    /// <summary>Checks that all ports of the stack are free.</summary>
    /// <exception cref="CannotStartException">A port is taken; the message says which, and what to do.</exception>
    public void EnsureFree(IEnumerable<Instance> services)
    {
        List<(int Port, string For)> needed =
        [
            (PostgreSql, "PostgreSQL"), (RabbitMq, "RabbitMQ"), (RabbitMqManagement, "RabbitMQ's management"),
            (RabbitMqMetrics, "RabbitMQ's metrics"), (ErlangDistribution, "RabbitMQ's Erlang distribution"), (Epmd, "RabbitMQ's epmd"),
            (Redis, "Redis"), (Laboratory, "the failure laboratory"),
        ];
        needed.AddRange(services.Select(service => (Base + service.Offset, service.Name)));

        foreach (var (port, use) in needed)
        {
            if (!IsFree(port))
            {
                throw new CannotStartException(
                    $"Port {port}, meant for {use}, is taken: choose another base port (--base-port=N or SHOPSAGA_BASE_PORT=N; it is "
                        + $"{Base} now), "
                    + "or stop the process that listens there.");
            }
        }
    }

    /// <summary>
    /// A free range of ports. The socket reserves it against other launchers, those of other checkouts included: keep it open while the
    /// ports are in use.
    /// </summary>
    public static (Ports Ports, Socket Claim) FindFree()
    {
        // Below the ephemeral ports, which the system gives to outgoing connections.
        for (var candidate = 20_000; candidate + Topology.PortsPerStack <= 32_000; candidate += Topology.PortsPerStack)
        {
            if (TryListen(candidate + Topology.PortsPerStack - 1) is not { } claim)
            {
                continue;
            }

            if (Enumerable.Range(candidate, Topology.PortsPerStack - 1).All(IsFree))
            {
                return (new Ports(candidate), claim);
            }

            claim.Dispose();
        }
        throw new CannotStartException("No range of free ports is left between 20000 and 32000: choose one yourself with --base-port=N.");
    }

    private Uri AddressAt(int offset) => new($"http://127.0.0.1:{Base + offset}");

    private static bool IsFree(int port)
    {
        using var listener = TryListen(port);
        return listener is not null;
    }

    private static Socket? TryListen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
