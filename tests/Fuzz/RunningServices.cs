using Dapper;
using Npgsql;
using ShopSaga.Local.Layout;

namespace ShopSaga.Fuzz;

/// <summary>The services behind the gateway, asked directly: whether they are alive, ready and without leaked connections.</summary>
internal sealed class RunningServices(Target target) : IDisposable
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(2);

    /// <summary>Connections that an idle service may use at one moment: its pollers'.</summary>
    private const double MaxUsedConnections = 3;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Ports _ports = new(target.Gateway.Port);

    public Uri AddressOf(string service) => _ports.AddressOf(Topology.Find(service));

    /// <summary>The process ids by name. A process that was killed and not restarted is missing.</summary>
    public SortedDictionary<string, int> Processes() => Services.Processes(target);

    /// <summary>Waits until every service says that it is ready; returns those that do not.</summary>
    public async Task<IReadOnlyList<string>> WaitUntilReady(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var service in Topology.Services)
        {
            if (await Eventually(() => Readiness(service, cancellationToken), cancellationToken) is { } problem)
            {
                problems.Add($"{service.Name} is not ready: {problem}");
            }
        }

        return problems;
    }

    /// <summary>Waits until no service keeps connections to its database without need; returns those that do.</summary>
    public async Task<IReadOnlyList<string>> WaitForConnections(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var service in Topology.Services.Where(service => service.Database is not null))
        {
            if (await Eventually(() => KeptConnections(service, cancellationToken), cancellationToken) is { } problem)
            {
                problems.Add(problem);
            }
        }

        if (await Eventually(() => OpenTransactions(cancellationToken), cancellationToken) is { } open)
        {
            problems.Add(open);
        }

        return problems;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Asks until there is no problem; returns the last one when there still is.</summary>
    private static async Task<string?> Eventually(Func<Task<string?>> findProblem, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var problem = await findProblem();
            if (problem is null || TimeProvider.System.GetElapsedTime(start) > TimeLimit)
            {
                return problem;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        }
    }

    private async Task<string?> Readiness(Service service, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(_ports.AddressOf(service), "/health/ready"), cancellationToken);
            return answer.IsSuccessStatusCode
                ? null
                : $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}";
        }
        catch (Exception failed)
            when (failed is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return failed.Message;
        }
    }

    /// <summary>By Npgsql's own count of connections that are taken from the pool: a leaked one looks idle to PostgreSQL.</summary>
    private async Task<string?> KeptConnections(Service service, CancellationToken cancellationToken)
    {
        try
        {
            var metrics = await _http.GetStringAsync(new Uri(_ports.AddressOf(service), "/metrics"), cancellationToken);
            var used = metrics.Split('\n')
                .Where(line => line.StartsWith(
                    "db_client_connection", StringComparison.Ordinal) && line.Contains("state=\"used\"", StringComparison.Ordinal))
                .Select(line => double.Parse(
                    line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0],
                    System.Globalization.CultureInfo.InvariantCulture))
                .ToList();
            return used.Sum() <= MaxUsedConnections ? null : $"{service.Name} keeps {used.Sum()} connections to its database";
        }
        catch (Exception failed)
            when (failed is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return $"{service.Name} has no metrics: {failed.Message}";
        }
    }

    private async Task<string?> OpenTransactions(CancellationToken cancellationToken)
    {
        await using var database = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(target.Database) { Pooling = false }.ConnectionString);
        var open = (await database.QueryAsync<(string Role, long Count)>(new CommandDefinition(
            """
            SELECT usename, count(*) FROM pg_stat_activity
            WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '5 seconds' AND usename = ANY(@roles)
            GROUP BY usename
            """,
            new { roles = Topology.Services.Select(service => service.Database?.Role).OfType<string>().ToArray() },
            cancellationToken: cancellationToken))).ToList();
        return open.Count == 0 ? null : string.Join(", ", open.Select(row => $"{row.Role} has {row.Count} transactions open and idle"));
    }
}
