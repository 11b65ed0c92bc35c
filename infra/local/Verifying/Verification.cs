using System.Diagnostics;
using Spectre.Console;

namespace ShopSaga.Local.Verifying;

/// <summary>Checks the books of a system that is up, once nothing is under way in it, and prints each equality with its numbers.</summary>
internal static class Verification
{
    // A message that a service is handling stands in no queue, so an equality gets a moment to become true.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private const int ShownViolations = 10;

    /// <summary>Gives the equalities, after waiting for quiet.</summary>
    public static async Task<IReadOnlyList<Equality>> Check(string admin, string broker, CancellationToken cancellationToken)
    {
        var quiet = new Quiet(admin, broker);
        var underWay = await quiet.Wait(cancellationToken);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var equalities = Books.Check(await BookKeeping.Read(admin, cancellationToken));
            if (equalities.All(equality => equality.Holds) || waited.Elapsed > Patience)
            {
                var failed = await quiet.Failed(cancellationToken);
                return
                [
                    .. equalities,
                    new Equality("queues and outboxes are empty", $"{underWay.Count} things under way", underWay),
                    new Equality("no message failed for good", $"{failed} in the error queue", failed == 0 ? [] : ["return them with the Replay target, or look at their headers"]),
                ];
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Prints the equalities; gives whether all of them hold.</summary>
    public static bool Print(IReadOnlyList<Equality> equalities, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "the books", "numbers");
        foreach (var equality in equalities)
        {
            table.AddRow(equality.Holds ? "[green]ok[/]" : "[red]not ok[/]", Markup.Escape(equality.Name), Markup.Escape(equality.Numbers));
        }

        console.Write(table);

        foreach (var equality in equalities)
        {
            foreach (var violation in equality.Violations.Take(ShownViolations))
            {
                console.WriteLine($"not ok: {equality.Name}: {violation}");
            }
        }

        var balanced = equalities.All(equality => equality.Holds);
        console.WriteLine(balanced ? "The books balance." : "The books do NOT balance.");
        return balanced;
    }
}
