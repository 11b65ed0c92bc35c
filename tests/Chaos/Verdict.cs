using System.Diagnostics;
using Dapper;
using ShopSaga.Chaos.Shopping;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Chaos;

/// <summary>Compares what clients were told with what the databases hold, once the system is idle.</summary>
internal static class Verdict
{
    /// <summary>Returns the broken promises.</summary>
    public static async Task<IReadOnlyList<string>> Of(ClientRecord record, Machine machine, CancellationToken cancellationToken)
    {
        var (failed, invariants) = await Settled(machine, cancellationToken);
        List<string> broken = [.. record.Violations, .. failed];
        foreach (var invariant in invariants)
        {
            Console.WriteLine($"{(invariant.Holds ? "ok    " : "not ok")} {invariant.Name}: {invariant.Numbers}");
            broken.AddRange(invariant.Violations.Select(violation => $"{invariant.Name}: {violation}"));
        }

        broken.AddRange(await OrdersAreAsTold(record, machine, cancellationToken));
        return broken;
    }

    /// <summary>
    /// A delayed retry can hide among the timeouts of orders, so that the system looks idle before it is: what does not hold yet gets time.
    /// </summary>
    private static async Task<(IReadOnlyList<string> Failed, IReadOnlyList<Invariant> Invariants)> Settled(
        Machine machine, CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            failed.AddRange(await BackToIdle.Wait(machine, cancellationToken));
            var invariants = await Verification.Check(
                machine.Database, machine.Broker, machine.BrokerManagement, serviceControl: null, cancellationToken);
            if (failed.Count > 0 || invariants.All(invariant => invariant.Holds) || clock.Elapsed > Eventually.Limit)
            {
                return (failed, invariants);
            }
        }
    }

    private static async Task<IReadOnlyList<string>> OrdersAreAsTold(
        ClientRecord record, Machine machine, CancellationToken cancellationToken)
    {
        var broken = new List<string>();
        await using var orders = await SystemState.Open(machine.Database, "Orders", cancellationToken);
        await using var users = await SystemState.Open(machine.Database, "Users", cancellationToken);
        var stored = (await orders.QueryAsync<(long Id, long UserId, string Status)>("SELECT id, user_id, status FROM orders")).ToList();
        var byId = stored.ToDictionary(order => order.Id);
        foreach (var (id, told) in record.Orders)
        {
            if (!byId.TryGetValue(id, out var order))
            {
                broken.Add($"order {id} of {told.Customer} was acknowledged and does not exist");
            }
            else if (!ClientRecord.IsFinal(order.Status))
            {
                broken.Add($"order {id} is {order.Status}");
            }
            else if (told.IsCancelled && order.Status != "CANCELLED")
            {
                broken.Add($"the cancellation of order {id} was accepted, and it is {order.Status}");
            }
            else if (ClientRecord.RankOf(order.Status) < told.Status)
            {
                broken.Add($"order {id} is {order.Status}, and a client was told more");
            }
        }

        // Every key was repeated until it was answered, so an order that no answer named came from a key that gave two.
        var names = (await users.QueryAsync<(long Id, string? Email)>("SELECT id, email FROM users")).ToDictionary(user => user.Id);
        broken.AddRange(stored.Where(order => !record.Orders.ContainsKey(order.Id))
            .Select(order => $"order {order.Id} of {names[order.UserId].Email} is the second of its key: no client knows it"));
        return broken;
    }
}
