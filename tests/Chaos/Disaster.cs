using System.Diagnostics;
using Npgsql;
using ShopSaga.Chaos.Faults;
using ShopSaga.Local.Commands;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Chaos;

/// <summary>
/// The database of Settlement is lost, and restored from a backup that was taken under load some orders earlier. Verify must find what is
/// missing, and the ledger must be complete again after it was rebuilt.
/// </summary>
internal sealed class Disaster(Machine machine, Load load)
{
    private const string Service = "Settlement";
    private const int Orders = 60;

    private readonly string _backup = Path.Combine(Path.GetTempPath(), $"settlement-{Guid.NewGuid():N}.dump");

    private static string Database => Topology.Find(Service).Database!.Name;

    /// <summary>Under load: the backup, and the orders that it does not know.</summary>
    public async Task BackUp(CancellationToken cancellationToken)
    {
        await Eventually.Is(() => load.Record.Orders.Count >= Orders, $"{Orders} orders are placed before the backup");
        await Timed("backup under load", () => Run("pg_dump", "--format=custom", "--create", $"--file={_backup}", Database));
        var before = load.Record.Orders.Count;
        await Eventually.Is(() => load.Record.Orders.Count >= before + Orders, $"{Orders} orders are placed after it");
    }

    /// <summary>Without load. Returns what went wrong.</summary>
    public async Task<IReadOnlyList<string>> RestoreAndRepair(CancellationToken cancellationToken)
    {
        List<string> broken = [.. await BackToIdle.Wait(machine, cancellationToken)];
        var instances = machine.Services.Where(name => Kinds.Of(name) == Service).ToList();
        await Timed("restore, from the stop of the service to its start", async () =>
        {
            await Task.WhenAll(instances.Select(machine.Stop));
            await Run("dropdb", "--force", Database);
            await Run("pg_restore", "--create", "--dbname=postgres", "--exit-on-error", _backup);
            await Task.WhenAll(instances.Select(name => machine.Start(name, cancellationToken)));
        });
        File.Delete(_backup);

        var found = (await Check(cancellationToken)).Where(invariant => !invariant.Holds).ToList();
        foreach (var invariant in found)
        {
            Console.WriteLine($"found: {invariant.Name}: {invariant.Numbers}; {invariant.Violations.Count} violations");
        }

        await Timed("repair", async () =>
        {
            var sent = await RebuildLedgerCommand.Rebuild(machine.Database, machine.Broker, cancellationToken);
            Console.WriteLine($"{sent} events were given to Settlement again");
            broken.AddRange(await BackToIdle.Wait(machine, cancellationToken));
        });
        return found.Count > 0 ? broken : [.. broken, "the loss of ledger entries was not found"];
    }

    private Task<IReadOnlyList<Invariant>> Check(CancellationToken cancellationToken) =>
        Verification.Check(machine.Database, machine.Broker, machine.BrokerManagement, serviceControl: null, cancellationToken);

    private static async Task Timed(string step, Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        Console.WriteLine($"{step}: {clock.Elapsed.TotalSeconds:0.0} s");
    }

    private async Task Run(string program, params string[] arguments)
    {
        var server = new NpgsqlConnectionStringBuilder(machine.Database);
        var (exitCode, output) = await Executables.Run(
            new Command(program, arguments)
            {
                Environment =
                {
                    ["PGHOST"] = server.Host!,
                    ["PGPORT"] = $"{server.Port}",
                    ["PGUSER"] = server.Username!,
                    ["PGPASSWORD"] = server.Password!,
                },
            },
            CancellationToken.None);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed: {output}");
        }
    }
}
