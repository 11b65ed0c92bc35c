using System.Diagnostics;
using ShopSaga.Chaos.Faults;

namespace ShopSaga.Chaos;

/// <summary>A fault that happened.</summary>
/// <param name="At">When it began, since the start of the schedule.</param>
/// <param name="Fault">What broke.</param>
/// <param name="Recovery">From the removal of the last cause of its round until everything was ready and an order placed then was final;
/// null when none became final.</param>
internal sealed record PastFault(TimeSpan At, Fault Fault, TimeSpan? Recovery);

/// <summary>
/// Round after round, one to three faults break different parts of the machine at once. After each round, the shop must recover by itself:
/// a probe order becomes final.
/// </summary>
internal sealed class Campaign(Machine machine, Load load, int seed, TimeSpan duration, int minFaults, string only)
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(10);
    private readonly List<PastFault> _faults = [];

    public IReadOnlyList<PastFault> Faults => _faults;

    public async Task Run(CancellationToken cancellationToken)
    {
        var deck = new FaultDeck(machine, new Random(seed), only);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration || _faults.Count < minFaults)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Round(deck.DrawTogether(), clock.Elapsed, cancellationToken);
            foreach (var name in machine.Ended)
            {
                load.Record.Violated($"{name} has ended by itself; its log is {machine.LogOf(name)}");
                await machine.Start(name, cancellationToken);
            }
        }
    }

    private async Task Round(IReadOnlyList<Fault> faults, TimeSpan at, CancellationToken cancellationToken)
    {
        load.Record.Fault = string.Join(" and ", faults.Select(fault => fault.Kind).Order());
        var failuresBefore = load.Record.Failures.Values.Sum();
        TimeSpan? recovery = null;
        var start = TimeSpan.Zero;
        try
        {
            var applied = await Task.WhenAll(faults.Select(fault => Apply(fault, cancellationToken)));
            var (end, placed) = (applied.Max(fault => fault.End), DateTime.UtcNow);
            var probing = load.Probing.Probe();
            await Task.WhenAll([Ready(), probing]);
            recovery = Stopwatch.GetElapsedTime(end);
            if (recovery - start > Slow)
            {
                Console.WriteLine($"          the probe was slow: sent {placed:HH:mm:ss.f}, {await probing}");
            }

            // The start of what was killed takes time, in which the others already take orders.
            async Task Ready()
            {
                await Task.WhenAll(applied.Select(fault => fault.Removal));
                start = Stopwatch.GetElapsedTime(end);
            }
        }
        finally
        {
            _faults.AddRange(faults.Select(fault => new PastFault(at, fault, recovery)));
            Console.WriteLine(
                $"{at.TotalSeconds,6:0.0} s  {string.Join(" and ", faults)}: "
                    + (recovery is { } time
                        ? $"recovered after {time.TotalSeconds:0.0} s, {start.TotalSeconds:0.0} s of it to start"
                        : "NOT RECOVERED")
                    + $", {load.Record.Failures.Values.Sum() - failuresBefore} requests failed");
        }
    }

    /// <summary>Returns when the cause begins to be removed, with that moment and the end of the removal.</summary>
    private async Task<(long End, Task Removal)> Apply(Fault fault, CancellationToken cancellationToken)
    {
        if (fault.NeedsIdleSystem)
        {
            await load.Gate.Close();
            foreach (var promise in await BackToIdle.Wait(machine, cancellationToken))
            {
                load.Record.Violated(promise);
            }
        }

        await fault.Begin(cancellationToken);
        load.Gate.Open();
        await Task.Delay(fault.Duration, CancellationToken.None);
        return (Stopwatch.GetTimestamp(), fault.End(CancellationToken.None));
    }
}
