using System.Diagnostics;
using Spectre.Console;

namespace ShopSaga.Local.Verifying;

/// <summary>Checks the invariants of a running system once it is idle, and prints them.</summary>
internal static class Verification
{
    // A message that a service is handling is in no queue, so invariants get a moment to become true.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private const int ShownViolations = 10;

    /// <summary>Waits until the system is idle and returns the invariants.</summary>
    /// <param name="admin">The connection string of PostgreSQL's administrator.</param>
    /// <param name="broker">The broker's address as its administrator.</param>
    /// <param name="management">The address of the broker's management API, where there is one.</param>
    /// <param name="serviceControl">The address of ServiceControl's API, where it is part of the system.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyList<Invariant>> Check(
        string admin, string broker, string? management, Uri? serviceControl, CancellationToken cancellationToken)
    {
        var inFlight = await new IdleWait(admin, broker).Wait(cancellationToken);
        await using var queues = await BrokerQueues.Connect(broker, cancellationToken);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            IReadOnlyList<Invariant> invariants =
            [
                .. Invariants.Check(await SystemState.Read(admin, cancellationToken)),
                await UndeliverableMessages.Check(management, cancellationToken),
            ];
            if (invariants.All(invariant => invariant.Holds) || waited.Elapsed > TimeLimit)
            {
                return
                [
                    .. invariants,
                    new Invariant("queues, delay queues and outboxes are empty", $"{inFlight.Count} in flight", inFlight),
                    await FailedMessagesInvariant.Check(queues, serviceControl, cancellationToken),
                ];
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Prints the invariants; returns whether all hold.</summary>
    public static bool Print(IReadOnlyList<Invariant> invariants, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "invariant", "numbers");
        foreach (var invariant in invariants)
        {
            table.AddRow(
                invariant.Holds ? "[green]ok[/]" : "[red]not ok[/]", Markup.Escape(invariant.Name), Markup.Escape(invariant.Numbers));
        }

        console.Write(table);

        foreach (var invariant in invariants)
        {
            foreach (var violation in invariant.Violations.Take(ShownViolations))
            {
                console.WriteLine($"not ok: {invariant.Name}: {violation}");
            }
        }

        var allHold = invariants.All(invariant => invariant.Holds);
        console.WriteLine(allHold ? "The books balance." : "The books do NOT balance.");
        return allHold;
    }
}
