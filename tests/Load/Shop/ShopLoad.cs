using System.Diagnostics;
using HdrHistogram;

namespace ShopSaga.Load.Shop;

/// <summary>Orders a second at the door and to the end, over a phase under constant load.</summary>
internal sealed record Throughput(double Accepted, double Final);

/// <summary>The two ways to put load on a shop.</summary>
internal sealed class ShopLoad(OpenShop shop)
{
    /// <summary>More than this many orders are never open at the same time, so that the shop and not its door sets the pace.</summary>
    private const int MaxOpen = 150;

    private const int Clients = 12;

    /// <summary>Closed loop: as many orders as the shop finishes, so that throughput is that of saturation.</summary>
    public async Task<Throughput> Saturate(Mix mix, TimeSpan duration)
    {
        var end = DateTime.UtcNow + duration;
        var (started, accepted, open, underWay) = (DateTime.UtcNow, 0, 0, 0);
        var clients = Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
        {
            var random = new Random(number);
            while (DateTime.UtcNow < end)
            {
                if (Volatile.Read(ref open) + Volatile.Read(ref underWay) >= MaxOpen)
                {
                    await Task.Delay(2);
                    continue;
                }

                Interlocked.Increment(ref underWay);
                await shop.Order(mix, random);
                Interlocked.Increment(ref accepted);
            }
        })).ToList();
        var all = Task.WhenAll(clients);
        while (!all.IsCompleted)
        {
            // What was ordered since this count began is not in it for certain, so it counts twice for a moment.
            var before = Volatile.Read(ref underWay);
            Volatile.Write(ref open, await shop.CountOpen());
            Interlocked.Add(ref underWay, -before);
        }

        await all;
        var until = DateTime.UtcNow;
        var seconds = (until - started).TotalSeconds;
        await shop.AllFinal();
        return new Throughput(accepted / seconds, await shop.CountFinal(started, until) / seconds);
    }

    /// <summary>
    /// Open loop: orders arrive by a schedule, however long earlier ones take. Latencies in microseconds run from the moment of the
    /// schedule, so that waiting at a slow door counts, until the order is final.
    /// </summary>
    public async Task<LongHistogram> Arrive(Mix mix, double perSecond, TimeSpan duration)
    {
        var (random, arrivals) = (new Random(1), (int)(perSecond * duration.TotalSeconds));
        var orders = new List<Task<(long Id, DateTime Due)>>(arrivals);
        var (started, clock, next) = (DateTime.UtcNow, Stopwatch.StartNew(), TimeSpan.Zero);
        for (var number = 0; number < arrivals; number++)
        {
            // Independent customers: the gaps between them are distributed exponentially.
            next += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond);
            if (next - clock.Elapsed is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }

            orders.Add(Order(mix, number, started + next));
        }

        var due = await Task.WhenAll(orders);
        await shop.AllFinal();
        return await Latencies(due);
    }

    /// <summary>One order at a time, each when the one before is long final.</summary>
    public async Task<LongHistogram> OneByOne(Mix mix, int orders)
    {
        var (random, due) = (new Random(2), new List<(long Id, DateTime Due)>());
        for (var number = 0; number < orders; number++)
        {
            var at = DateTime.UtcNow;
            due.Add((await shop.Order(mix, random), at));
            await shop.AllFinal();
        }

        return await Latencies(due);
    }

    /// <summary>Microseconds from the moment at which each order was due until it was final.</summary>
    private async Task<LongHistogram> Latencies(IReadOnlyCollection<(long Id, DateTime Due)> orders)
    {
        var latencies = new LongHistogram(1, (long)TimeSpan.FromHours(1).TotalMicroseconds, 3);
        var final = await shop.FinalTimes([.. orders.Select(order => order.Id)]);
        foreach (var (id, due) in orders)
        {
            latencies.RecordValue(Math.Max(1, (long)(final[id] - due).TotalMicroseconds));
        }

        return latencies;
    }

    private async Task<(long Id, DateTime Due)> Order(Mix mix, int number, DateTime due)
    {
        await Task.Yield();
        return (await shop.Order(mix, new Random(number)), due);
    }
}
