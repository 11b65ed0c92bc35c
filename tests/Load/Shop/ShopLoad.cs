using System.Diagnostics;

namespace ShopSaga.Load.Shop;

/// <summary>Orders a second at the door and to the end, over a phase under constant load.</summary>
internal sealed record Throughput(double Accepted, double Final, Arrivals Arrivals);

/// <summary>The two ways to put load on a shop.</summary>
internal sealed class ShopLoad(OpenShop shop)
{
    /// <summary>More than this many orders are never open at the same time, so that the shop and not its door sets the pace.</summary>
    public const int MaxOpen = 150;

    private const int Clients = 12;

    /// <summary>Closed loop: as many orders as the shop finishes, so that throughput is that of saturation.</summary>
    public async Task<Throughput> Saturate(Mix mix, TimeSpan duration)
    {
        var end = DateTime.UtcNow + duration;
        var (started, open, underWay) = (DateTime.UtcNow, 0, 0);
        var clients = Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
        {
            var (random, orders) = (new Random(number), new List<(long? Id, DateTime Due)>());
            while (DateTime.UtcNow < end)
            {
                if (Volatile.Read(ref open) + Volatile.Read(ref underWay) >= MaxOpen)
                {
                    await Task.Delay(2);
                    continue;
                }

                Interlocked.Increment(ref underWay);
                var due = DateTime.UtcNow;
                orders.Add((await shop.Order(mix, random), due));
            }

            return orders;
        })).ToList();
        var all = Task.WhenAll(clients);
        while (!all.IsCompleted)
        {
            // What was ordered since this count began is not in it for certain, so it counts twice for a moment.
            var before = Volatile.Read(ref underWay);
            Volatile.Write(ref open, await shop.CountOpen());
            Interlocked.Add(ref underWay, -before);
        }

        var placed = (await all).SelectMany(orders => orders).ToList();
        var until = DateTime.UtcNow;
        var seconds = (until - started).TotalSeconds;
        var arrivals = await Final(placed);
        return new Throughput(arrivals.Accepted / seconds, await shop.CountFinal(started, until) / seconds, arrivals);
    }

    /// <summary>Closed loop of reads; returns how many there were.</summary>
    public async Task<int> Read(string what, TimeSpan duration)
    {
        var (end, reads) = (DateTime.UtcNow + duration, 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (DateTime.UtcNow < end)
            {
                await shop.Read(what);
                Interlocked.Increment(ref reads);
            }
        })));
        return reads;
    }

    /// <summary>
    /// Open loop: orders arrive by a schedule, however long earlier ones take. Latencies run from the moment of the schedule, so that
    /// waiting at a slow door counts, until the order is final.
    /// </summary>
    public async Task<Arrivals> Arrive(Mix mix, double perSecond, TimeSpan duration) =>
        await Final(await Task.WhenAll(await Begin(mix, perSecond, duration)));

    /// <summary>Arrivals at one rate and, from the returned moment on, at another one, without a pause between them.</summary>
    /// <param name="mix">What customers do.</param>
    /// <param name="perSecond">The first rate.</param>
    /// <param name="perSecondAfter">The second rate.</param>
    /// <param name="duration">How long each of them lasts.</param>
    /// <param name="between">Called between them.</param>
    public async Task<(Arrivals First, Arrivals Second, DateTime Changed)> Arrive(
        Mix mix, double perSecond, double perSecondAfter, TimeSpan duration, Action between)
    {
        var first = await Begin(mix, perSecond, duration);
        between();
        var changed = DateTime.UtcNow;
        var second = await Begin(mix, perSecondAfter, duration);
        return (await Final(await Task.WhenAll(first)), await Final(await Task.WhenAll(second)), changed);
    }

    /// <summary>One order at a time, each when the one before is long final.</summary>
    public async Task<Arrivals> OneByOne(Mix mix, int orders)
    {
        var (random, arrivals) = (new Random(2), new List<(long? Id, DateTime Due)>());
        for (var number = 0; number < orders; number++)
        {
            var at = DateTime.UtcNow;
            arrivals.Add((await shop.Order(mix, random), at));
            await shop.AllFinal();
        }

        return await Final(arrivals);
    }

    private async Task<IReadOnlyCollection<Task<(long? Id, DateTime Due)>>> Begin(Mix mix, double perSecond, TimeSpan duration)
    {
        var (random, arrivals) = (new Random(1), (int)(perSecond * duration.TotalSeconds));
        var orders = new List<Task<(long? Id, DateTime Due)>>(arrivals);
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

        return orders;
    }

    /// <summary>Waits until all orders are final.</summary>
    private async Task<Arrivals> Final(IReadOnlyCollection<(long? Id, DateTime Due)> orders)
    {
        await shop.AllFinal();
        var final = await shop.FinalTimes([.. orders.Select(order => order.Id).OfType<long>()]);
        return new Arrivals([.. orders.Select(order => new Arrival(order.Due, order.Id is { } id ? final[id] - order.Due : null))]);
    }

    private async Task<(long? Id, DateTime Due)> Order(Mix mix, int number, DateTime due)
    {
        await Task.Yield();
        return (await shop.Order(mix, new Random(number)), due);
    }
}
