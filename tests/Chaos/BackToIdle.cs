using System.Diagnostics;
using ShopSaga.Local.Verifying;
using ShopSaga.Replaying;

namespace ShopSaga.Chaos;

/// <summary>After faults: waits until nothing is in flight, and returns failed messages on the way, as an operator would.</summary>
internal static class BackToIdle
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Failures of an outage or of a lock that was held: those that a fault can explain.</summary>
    private static readonly string[] Explained =
    [
        "NpgsqlException", "PostgresException", "TimeoutException", "HttpRequestException", "BrokerUnreachableException",
        "AlreadyClosedException", "OperationInterruptedException", "TaskCanceledException", "SocketException", "IOException",
    ];

    /// <returns>The broken promises: work that does not end, and failed messages that no fault explains or that fail again.</returns>
    public static async Task<IReadOnlyList<string>> Wait(Machine machine, CancellationToken cancellationToken)
    {
        var (broken, returned) = (new List<string>(), new HashSet<string>());
        var idle = new IdleWait(machine.Database, machine.Broker);
        await using var queues = await BrokerQueues.Connect(machine.Broker, cancellationToken);
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var hasReturned = await queues.Find(ErrorQueue.DefaultName, cancellationToken) is { Messages: > 0 }
                && await ReturnFailed(machine, returned, broken, cancellationToken);
            var inFlight = await idle.InFlight(queues, cancellationToken);
            if (inFlight.Count == 0 && !hasReturned)
            {
                return broken;
            }

            if (clock.Elapsed > Eventually.Limit)
            {
                return [.. broken, $"the system does not become idle: {string.Join("; ", inFlight)}"];
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Whether a message was returned. One that failed again stays.</summary>
    private static async Task<bool> ReturnFailed(
        Machine machine, HashSet<string> returned, List<string> broken, CancellationToken cancellationToken)
    {
        await using var errorQueue = await ErrorQueue.Open(machine.Broker, ErrorQueue.DefaultName, cancellationToken);
        var failed = (await errorQueue.Read(int.MaxValue, cancellationToken)).Where(message => returned.Add(Key(message))).ToList();
        foreach (var message in failed)
        {
            Console.WriteLine($"failed: {message.Group}, {message.ExceptionMessage}, in {message.FailedQueue} at {message.FailedAt}");
        }

        broken.AddRange(failed.Where(message => !IsExplained(message, machine))
            .Select(message => $"no fault explains the failed message {message.Id}: {message.Group}, {message.ExceptionMessage}"));
        var fresh = failed.Select(Key).ToHashSet();
        await errorQueue.Return(message => fresh.Contains(Key(message)), cancellationToken);
        return failed.Count > 0;
    }

    /// <summary>The previous release has no handler for an event that ours has subscribed its service to.</summary>
    private static bool IsExplained(FailedMessage message, Machine machine) =>
        Explained.Any(name => message.Group.Contains(name, StringComparison.Ordinal))
            || (machine.IsUpgraded && message.ExceptionMessage.Contains("is of an unknown type", StringComparison.Ordinal));

    /// <summary>An event has a copy in the queue of each subscriber.</summary>
    private static string Key(FailedMessage message) => $"{message.Id} in {message.FailedQueue}";
}
