using Dapper;
using ShopSaga.Chaos.Shopping;
using ShopSaga.Local.Verifying;
using ShopSaga.Replaying;

namespace ShopSaga.Chaos;

/// <summary>Compares what clients were told with what the databases hold, once the system is idle.</summary>
internal static class Verdict
{
    /// <summary>Failures of an outage or of a lock that was held: those that a fault can explain.</summary>
    private static readonly string[] Explained =
    [
        "NpgsqlException", "PostgresException", "TimeoutException", "HttpRequestException", "BrokerUnreachableException",
        "AlreadyClosedException", "OperationInterruptedException", "TaskCanceledException", "SocketException", "IOException",
    ];

    /// <summary>Returns the broken promises.</summary>
    public static async Task<IReadOnlyList<string>> Of(ClientRecord record, Machine machine, CancellationToken cancellationToken)
    {
        var broken = new List<string>(record.Violations);
        broken.AddRange(await ErrorQueueEmpties(machine, cancellationToken));
        var invariants = await Verification.Check(
            machine.Database, machine.Broker, machine.BrokerManagement, serviceControl: null, cancellationToken);
        foreach (var invariant in invariants)
        {
            Console.WriteLine($"{(invariant.Holds ? "ok    " : "not ok")} {invariant.Name}: {invariant.Numbers}");
            broken.AddRange(invariant.Violations.Select(violation => $"{invariant.Name}: {violation}"));
        }

        broken.AddRange(await OrdersAreAsTold(record, machine, cancellationToken));
        return broken;
    }

    /// <summary>Waits until nothing is in flight.</summary>
    public static async Task WaitUntilIdle(Machine machine, CancellationToken cancellationToken)
    {
        var inFlight = await new IdleWait(machine.Database, machine.Broker).Wait(cancellationToken);
        if (inFlight.Count > 0)
        {
            throw new InvalidOperationException($"The system does not become idle: {string.Join("; ", inFlight)}");
        }
    }

    /// <summary>Failed messages must be the work of a fault, and must succeed when they are returned.</summary>
    private static async Task<IReadOnlyList<string>> ErrorQueueEmpties(Machine machine, CancellationToken cancellationToken)
    {
        await new IdleWait(machine.Database, machine.Broker).Wait(cancellationToken);
        await using var errorQueue = await ErrorQueue.Open(machine.Broker, ErrorQueue.DefaultName, cancellationToken);
        var failed = await errorQueue.Read(int.MaxValue, cancellationToken);
        if (failed.Count == 0)
        {
            return [];
        }

        foreach (var message in failed)
        {
            Console.WriteLine($"failed: {message.Group}, {message.ExceptionMessage}, in {message.FailedQueue} at {message.FailedAt}");
        }

        await errorQueue.Return(_ => true, cancellationToken);
        return [.. failed.Where(message => !Explained.Any(name => message.Group.Contains(name, StringComparison.Ordinal)))
            .Select(message => $"no fault explains the failed message {message.Id}: {message.Group}, {message.ExceptionMessage}")];
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
