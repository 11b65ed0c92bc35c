using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;

namespace ShopSaga.Load.Shop;

/// <summary>
/// Counters of a stack at one moment. Their differences do not depend on what else the machine does; only processor time does, a little.
/// </summary>
internal sealed partial record Usage(
    IReadOnlyDictionary<string, double> CpuSeconds,
    IReadOnlyDictionary<string, double> Commits,
    double WalBytes,
    double WalRecords,
    double WalSyncs,
    double DatabaseRoundTrips,
    double DatabaseBytes,
    double GatewayBytes,
    double BrokerBytes,
    double BrokerPackets,
    double Publishes,
    double Deliveries)
{
    /// <summary>The broker's statistics are five seconds old at most, those of idle PostgreSQL backends one.</summary>
    private static readonly TimeSpan UntilCounted = TimeSpan.FromSeconds(6);

    /// <summary>Reads all counters once they are up to date.</summary>
    public static async Task<Usage> Read()
    {
        await Task.Delay(UntilCounted);
        await using var connection = new NpgsqlConnection(Servers.Database("postgres"));
        await connection.OpenAsync();
        var commits = await connection.QueryAsync<(string Database, double Count)>(
            "SELECT datname::text, xact_commit::float8 FROM pg_stat_database WHERE datname LIKE '%db' OR datname LIKE 'raw\\_%'");
        var wal = await connection.QuerySingleAsync<(double Bytes, double Records, double Syncs)>(
            "SELECT wal_bytes::float8, wal_records::float8, wal_sync::float8 FROM pg_stat_wal");
        var database = await Sockets(connection.Port);
        var gateway = await Sockets(new Uri(Servers.Required("SHOPSAGA_GATEWAY")).Port);
        var broker = await Sockets(new Uri(Servers.Broker).Port);
        var messages = await MessageCounts();
        return new Usage(
            Cpu(),
            commits.ToDictionary(entry => entry.Database, entry => entry.Count),
            wal.Bytes,
            wal.Records,
            wal.Syncs,
            database.Packets,
            database.Bytes,
            gateway.Bytes,
            broker.Bytes,
            broker.Packets,
            messages.Publishes,
            messages.Deliveries);
    }

    /// <summary>
    /// Does what autovacuum does within minutes: until then, sessions keep the plans that they made for empty tables, and read whole ones.
    /// </summary>
    public static async Task Analyze(params IEnumerable<string> databases)
    {
        foreach (var database in databases)
        {
            await Servers.Execute(database, "ANALYZE");
        }
    }

    /// <summary>How many deadlocks there have been in all databases.</summary>
    public static Task<long> Deadlocks() => Servers.Count("postgres", "SELECT sum(deadlocks)::bigint FROM pg_stat_database");

    /// <summary>The memory of each program in megabytes.</summary>
    public static Dictionary<string, double> Memory() => ByProgram(process => process.Megabytes);

    /// <summary>The processor time of each program in seconds.</summary>
    public static Dictionary<string, double> Cpu() => ByProgram(process => process.Seconds);

    private static Dictionary<string, double> ByProgram(Func<ProcessStat, double> value) => ProcessTree.BelowLauncher()
        .GroupBy(process => ProgramOf(process.CommandLine))
        .Where(program => program.Key is not null)
        .ToDictionary(program => program.Key!, program => program.Sum(value));

    /// <summary>Which program this is, or null for one that does no order's work.</summary>
    public static string? ProgramOf(string commandLine) => ServiceName().Match(commandLine) is { Success: true } service
        ? service.Groups[1].Value
        : commandLine.Contains("postgres", StringComparison.Ordinal) ? "PostgreSQL"
        : commandLine.Contains("beam.smp", StringComparison.Ordinal) ? "RabbitMQ"
        : commandLine.Contains("redis-server", StringComparison.Ordinal) ? "Redis"
        : null;

    /// <summary>
    /// What came in and went out at a server's port, over the connections that are open: packets with data that came in, so round trips
    /// where each question fits one packet, and bytes both ways.
    /// </summary>
    private static async Task<(double Packets, double Bytes)> Sockets(int port)
    {
        using var ss = Process.Start(new ProcessStartInfo("ss", ["-tinH", "state", "established", $"( sport = :{port} )"])
        {
            RedirectStandardOutput = true,
        })!;
        var text = await ss.StandardOutput.ReadToEndAsync();
        await ss.WaitForExitAsync();
        return (Sum(PacketsIn()), Sum(BytesIn()) + Sum(BytesOut()));

        double Sum(Regex counter) => counter.Matches(text).Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private static async Task<(double Publishes, double Deliveries)> MessageCounts()
    {
        var management = new Uri(Servers.Management);
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(management.UserInfo))));
        var overview = JsonNode.Parse(await client.GetStringAsync(new Uri(management, "/api/overview")))!["message_stats"];
        return (Count("publish"), Count("deliver_get"));

        double Count(string name) => overview?[name]?.GetValue<double>() ?? 0;
    }

    [GeneratedRegex(@"ShopSaga\.(\w+)\.dll")]
    private static partial Regex ServiceName();

    [GeneratedRegex(@"data_segs_in:(\d+)")]
    private static partial Regex PacketsIn();

    [GeneratedRegex(@"bytes_received:(\d+)")]
    private static partial Regex BytesIn();

    [GeneratedRegex(@"bytes_sent:(\d+)")]
    private static partial Regex BytesOut();
}
