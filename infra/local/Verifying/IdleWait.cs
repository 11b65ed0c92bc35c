using System.Diagnostics;
using Dapper;
using RabbitMQ.Client;
using ShopSaga.Local.Layout;

namespace ShopSaga.Local.Verifying;

/// <summary>Waits until the system is idle: no message in a queue or an outbox, and every order and payment final.</summary>
internal sealed class IdleWait(string admin, string broker)
{
    private const string ErrorQueue = "error";
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Returns what is still in flight when the time limit has passed; empty when the system is idle.</summary>
    public async Task<IReadOnlyList<string>> Wait(CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var busy = await InFlight(cancellationToken);
            if (busy.Count == 0 || waited.Elapsed > TimeLimit)
            {
                return busy;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>The number of messages in the error queue.</summary>
    public async Task<uint> Failed(CancellationToken cancellationToken) =>
        (await Depths([ErrorQueue], cancellationToken)).GetValueOrDefault(ErrorQueue);

    private async Task<IReadOnlyList<string>> InFlight(CancellationToken cancellationToken)
    {
        var busy = new List<string>();
        foreach (var endpoint in Topology.Services.Where(service => service.IsOnTheBus))
        {
            if (await Undispatched(endpoint, cancellationToken) is > 0 and var left)
            {
                busy.Add($"{left} outbox records of {endpoint.Name} have not left");
            }
        }

        if (await Count("Orders", "orders WHERE status IN ('PENDING', 'CANCELLING')", cancellationToken) is > 0 and var orders)
        {
            busy.Add($"{orders} orders are open");
        }

        if (await Count("Payments", "payments WHERE status IN ('PENDING', 'UNKNOWN', 'REFUNDING')", cancellationToken) is > 0 and var payments)
        {
            busy.Add($"{payments} payments are open");
        }

        // Timeouts that are not due keep nothing open, so the delay queues do not count.
        var queues = Topology.Services.Where(service => service.IsOnTheBus).Select(service => service.Assembly);
        foreach (var (queue, depth) in await Depths(queues, cancellationToken))
        {
            if (depth > 0)
            {
                busy.Add($"{depth} messages wait in {queue}");
            }
        }

        return busy;
    }

    private Task<long> Undispatched(Service endpoint, CancellationToken cancellationToken) => Count(
        endpoint.Name, $"\"{endpoint.Assembly.Replace('.', '_')}_OutboxData\" WHERE NOT \"Dispatched\"", cancellationToken);

    private async Task<long> Count(string service, string rows, CancellationToken cancellationToken)
    {
        await using var connection = await SystemState.Open(admin, service, cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition($"SELECT count(*) FROM {rows}", cancellationToken: cancellationToken));
    }

    private async Task<Dictionary<string, uint>> Depths(IEnumerable<string> queues, CancellationToken cancellationToken)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var depths = new Dictionary<string, uint>();
        foreach (var queue in queues)
        {
            depths[queue] = await channel.MessageCountAsync(queue, cancellationToken);
        }

        return depths;
    }
}
