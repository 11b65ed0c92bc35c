using ShopSaga.Chaos.Faults;

namespace ShopSaga.Chaos;

/// <summary>
/// Restarts all instances, one after the other, under load: no request may fail. A machine that was started from the build of the previous
/// release gets ours (the upgrade), the other again (the way back), and ours in the end. On the way both releases work side by side.
/// </summary>
internal sealed class RollingChange(Machine machine, Load load, string? previous)
{
    public async Task Run(CancellationToken cancellationToken)
    {
        // A service with one instance is away while it restarts.
        var instances = machine.Services.GroupBy(Kinds.Of).Where(service => service.Count() > 1).SelectMany(service => service).ToList();
        if (previous is null)
        {
            await Restart("restart", null);
            return;
        }

        await Restart("upgrade", null);
        await Restart("way back", previous);
        await Restart("second upgrade", null);

        async Task Restart(string step, string? checkout)
        {
            load.Record.Fault = step;
            foreach (var name in instances)
            {
                await machine.Stop(name);
                await machine.StartFrom(checkout, name, cancellationToken);
                await load.Probing.Probe();
            }

            var failed = load.Record.Failures.Where(failure => failure.Key.Fault == step).ToList();
            Console.WriteLine($"{step}: {instances.Count} instances, {failed.Sum(failure => failure.Value)} requests failed");
            foreach (var ((_, how), count) in failed)
            {
                load.Record.Violated($"{count} requests failed: {how}");
            }
        }
    }
}
