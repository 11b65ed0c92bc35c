using System.Diagnostics;
using System.Globalization;
using Dapper;
using ShopSaga.Local.Layout;

namespace ShopSaga.Local.Verifying;

/// <summary>
/// Waits until the system is idle: no message in a queue or an outbox, no retry that waits in a delay queue, and every order and payment
/// final.
/// </summary>
internal sealed class IdleWait(string admin, string broker)
{
    /// <summary>Longer than the delayed retries of a message take with the settings of the services.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private const int MaxDuplicates = 10;

    /// <summary>
    /// After this time an order expires, unless <c>Orders:Expiry</c> says otherwise; with a margin for the way through the delay queues.
    /// </summary>
    private static readonly TimeSpan Expiry = TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(30);

    private static readonly string[] DelayQueues =
        [.. Enumerable.Range(0, 28).Select(level => string.Create(CultureInfo.InvariantCulture, $"nsb.v2.delay-level-{level:00}"))];

    /// <summary>Returns what is still in flight when the time limit has passed; empty when the system is idle.</summary>
    public async Task<IReadOnlyList<string>> Wait(CancellationToken cancellationToken)
    {
        await using var queues = await BrokerQueues.Connect(broker, cancellationToken);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var inFlight = await InFlight(queues, cancellationToken);
            if (inFlight.Count == 0 || waited.Elapsed > TimeLimit)
            {
                return inFlight;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>What is in flight now.</summary>
    public async Task<IReadOnlyList<string>> InFlight(BrokerQueues queues, CancellationToken cancellationToken)
    {
        var inFlight = new List<string>();
        var endpoints = Topology.Services.Where(service => service.IsOnTheBus).ToList();
        foreach (var endpoint in endpoints)
        {
            if (await Undispatched(endpoint, cancellationToken) is > 0 and var left)
            {
                inFlight.Add($"{left} outbox records of {endpoint.Name} are not dispatched");
            }
        }

        if (await Count("Orders", "orders WHERE status IN ('PENDING', 'CANCELLING')", cancellationToken) is > 0 and var orders)
        {
            inFlight.Add($"{orders} orders are open");
        }

        if (await Count(
            "Payments", "payments WHERE status IN ('PENDING', 'UNKNOWN', 'REFUNDING')", cancellationToken) is > 0 and var payments)
        {
            inFlight.Add($"{payments} payments are open");
        }

        foreach (var endpoint in endpoints)
        {
            if (await queues.Find(endpoint.Assembly, cancellationToken) is { Messages: > 0 and var messages })
            {
                inFlight.Add($"{messages} messages wait in {endpoint.Assembly}");
            }
        }

        // A timeout cannot be cancelled, so each recent order may have one in the delay queues, and a few have two: what a crash cut off
        // before its mark is dispatched again. Anything above that is a retry. The queues cannot be browsed: a message that is taken and
        // given back loses its position and counts a delivery.
        var delayed = await queues.Count(DelayQueues, cancellationToken);
        var timeouts = await Count(
            "Orders", $"orders WHERE created_at > now() - interval '{Expiry.TotalSeconds} seconds'", cancellationToken);
        if (delayed > timeouts + MaxDuplicates)
        {
            inFlight.Add($"{delayed} messages are delayed, of which at most {timeouts} are timeouts of orders");
        }

        return inFlight;
    }

    private Task<long> Undispatched(Service endpoint, CancellationToken cancellationToken) => Count(
        endpoint.Name, $"\"{endpoint.Assembly.Replace('.', '_')}_OutboxData\" WHERE NOT \"Dispatched\"", cancellationToken);

    private async Task<long> Count(string service, string rows, CancellationToken cancellationToken)
    {
        await using var connection = await SystemState.Open(admin, service, cancellationToken);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition($"SELECT count(*) FROM {rows}", cancellationToken: cancellationToken));
    }
}
