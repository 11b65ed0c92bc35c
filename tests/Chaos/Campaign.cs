using System.Diagnostics;
using ShopSaga.Chaos.Faults;

namespace ShopSaga.Chaos;

/// <summary>A fault that happened.</summary>
/// <param name="At">When it began, since the start of the schedule.</param>
/// <param name="Fault">What broke, or the pair.</param>
/// <param name="Recovery">From the moment the cause was removed until an order placed then was final; null when none became final.</param>
internal sealed record PastFault(TimeSpan At, Fault Fault, TimeSpan? Recovery);

/// <summary>
/// One fault after the other breaks a part of the machine; in the second half of the time two at once. After each, the shop must recover by
/// itself: a probe order becomes final.
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
            Fault[] faults = [deck.Draw()];
            if (clock.Elapsed > duration / 2 && !faults[0].NeedsIdleSystem)
            {
                faults = [faults[0], deck.DrawBeside(faults[0])];
            }

            load.Record.Fault = string.Join(" and ", faults.Select(fault => fault.Kind).Order());
            var (at, failuresBefore) = (clock.Elapsed, load.Record.Failures.Values.Sum());
            var ends = await Task.WhenAll(faults.Select(fault => Apply(fault, cancellationToken)));
            var started = Stopwatch.GetElapsedTime(ends.Max());
            TimeSpan? recovery = null;
            try
            {
                var (placed, history) = (DateTime.UtcNow, await load.Probing.Probe());
                recovery = Stopwatch.GetElapsedTime(ends.Max());
                if (recovery - started > Slow)
                {
                    Console.WriteLine($"          the probe was slow: sent {placed:HH:mm:ss.f}, {history}");
                }
            }
            finally
            {
                _faults.AddRange(faults.Select(fault => new PastFault(at, fault, recovery)));
                Console.WriteLine(
                    $"{at.TotalSeconds,6:0.0} s  {string.Join(" and ", (object[])faults)}: "
                        + (recovery is { } time
                            ? $"recovered after {time.TotalSeconds:0.0} s, {started.TotalSeconds:0.0} s of it to start"
                            : "NOT RECOVERED")
                        + $", {load.Record.Failures.Values.Sum() - failuresBefore} requests failed");
            }

            foreach (var name in machine.Ended)
            {
                load.Record.Violated($"{name} has ended by itself; its log is {machine.LogOf(name)}");
                await machine.Start(name, cancellationToken);
            }
        }
    }

    /// <summary>Returns when the cause was about to be removed.</summary>
    private async Task<long> Apply(Fault fault, CancellationToken cancellationToken)
    {
        if (fault.NeedsIdleSystem)
        {
            await load.Gate.Close();
            await Verdict.WaitUntilIdle(machine, cancellationToken);
        }

        await fault.Begin(cancellationToken);
        load.Gate.Open();
        await Task.Delay(fault.Duration, CancellationToken.None);
        var end = Stopwatch.GetTimestamp();
        await fault.End(CancellationToken.None);
        return end;
    }
}
