using System.Diagnostics;
using System.Globalization;
using Dapper;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Servers;

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

    /// <summary>After this time an order expires, unless <c>Orders:Expiry</c> says otherwise.</summary>
    private static readonly TimeSpan Expiry = TimeSpan.FromMinutes(15);

    /// <summary>What the way through the queues may add.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The delays of less than 32 s: 2^level s each. Delayed retries wait here for 10, 20 or 30 s, and timeouts of orders for their last
    /// seconds; before that, these wait in higher levels.
    /// </summary>
    private static readonly string[] ShortDelays =
        [.. Enumerable.Range(0, 5).Select(BrokerTopology.DelayLevel)];

    private static readonly TimeSpan LongestShortDelay = TimeSpan.FromSeconds(32);

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

        // A timeout cannot be cancelled, so each recent order has one in the delay queues, or several: after a crash before the mark it
        // leaves again. Those are no work in flight; a retry is. The queues cannot be browsed: a message that is taken and given back
        // loses its position and counts a delivery.
        var delayed = await queues.Count(ShortDelays, cancellationToken);
        var timeouts = await Count(
            "Orders",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                 orders WHERE created_at > now() - interval '{(Expiry + Margin).TotalSeconds} seconds'
                          AND created_at < now() - interval '{(Expiry - LongestShortDelay).TotalSeconds} seconds'
                 """),
            cancellationToken);
        if (delayed > timeouts)
        {
            inFlight.Add($"{delayed} messages are delayed by less than 32 s, of which at most {timeouts} are timeouts of orders");
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
