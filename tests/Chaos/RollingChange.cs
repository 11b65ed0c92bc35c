using ShopSaga.Chaos.Faults;

namespace ShopSaga.Chaos;

/// <summary>
/// Restarts all instances, one after the other, under load: no request may fail. Given another build, it first replaces the instances by
/// those of that build, then by ours (the upgrade), and by the other's again (the way back). On the way both builds work side by side.
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

        await Restart("to the previous build", previous);
        await Restart("upgrade", null);
        await Restart("back to the previous build", previous);

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
