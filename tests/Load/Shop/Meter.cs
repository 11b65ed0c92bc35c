using ShopSaga.Load.RawShop;

namespace ShopSaga.Load.Shop;

/// <summary>All that an order or a read costs: the difference of the counters, divided.</summary>
internal static class Meter
{
    /// <summary>The cost of each order that became final under a load, the provider's share apart.</summary>
    /// <param name="report">Takes the figures.</param>
    /// <param name="name">Begins their names.</param>
    /// <param name="shop">Where the orders are placed.</param>
    /// <param name="load">Ends when its orders are final.</param>
    public static Task<T> OfOrders<T>(Report report, string name, OpenShop shop, Func<Task<T>> load)
    {
        var started = DateTime.UtcNow;
        return Of(report, name, "order", shop, load, async _ => await shop.CountFinal(started, DateTime.UtcNow));
    }

    /// <summary>The cost of each read, of which the load returns the number.</summary>
    public static Task<int> OfReads(Report report, string name, OpenShop shop, Func<Task<int>> load) =>
        Of(report, name, "read", shop, load, Task.FromResult);

    private static async Task<T> Of<T>(
        Report report, string name, string what, OpenShop shop, Func<Task<T>> load, Func<T, Task<int>> count)
    {
        var before = await Usage.Read();
        var (polls, own) = (shop.Polls, Environment.CpuUsage.TotalTime);
        var (result, waits) = await Waits.During(load());
        (polls, own) = (shop.Polls - polls, Environment.CpuUsage.TotalTime - own);
        var number = await count(result);
        // What the stack uses while the counters catch up is no order's.
        var cpu = Usage.Cpu();
        var after = (await Usage.Read()) with { CpuSeconds = cpu };
        report.Add($"{name}.{what}s", number, $"{what}s");
        AddEach("cpu", "ms", 1000, before.CpuSeconds, after.CpuSeconds);
        report.Add($"{name}.load.cpu", own.TotalMilliseconds / number, $"ms/{what}");
        AddEach("commits", "commits", 1, before.Commits, after.Commits, new() { [shop.Database] = polls });
        Add("wal", "bytes", usage => usage.WalBytes);
        Add("wal.records", "records", usage => usage.WalRecords);
        Add("wal.syncs", "syncs", usage => usage.WalSyncs);
        Add("database.round-trips", "round trips", usage => usage.DatabaseRoundTrips, polls);
        Add("database.bytes", "bytes", usage => usage.DatabaseBytes);
        Add("gateway.bytes", "bytes", usage => usage.GatewayBytes);
        Add("broker.bytes", "bytes", usage => usage.BrokerBytes);
        Add("broker.packets", "packets", usage => usage.BrokerPackets);
        Add("broker.publishes", "messages", usage => usage.Publishes);
        Add("broker.deliveries", "messages", usage => usage.Deliveries);
        foreach (var (kind, seconds) in waits)
        {
            report.Add($"{name}.waits.{kind}", 1000 * seconds / number, $"ms/{what}");
        }

        return result;

        void Add(string figure, string unit, Func<Usage, double> counter, double own = 0) =>
            report.Add($"{name}.{figure}", (counter(after) - counter(before) - own) / number, $"{unit}/{what}");

        void AddEach(
            string figure,
            string unit,
            double scale,
            IReadOnlyDictionary<string, double> from,
            IReadOnlyDictionary<string, double> to,
            Dictionary<string, double>? own = null)
        {
            var each = to.ToDictionary(
                entry => entry.Key,
                entry => (entry.Value - from.GetValueOrDefault(entry.Key) - (own?.GetValueOrDefault(entry.Key) ?? 0)) * scale / number);
            report.Add($"{name}.{figure}", each.Sum(entry => IsProvider(entry.Key) ? 0 : entry.Value), $"{unit}/{what}");
            foreach (var (part, value) in each.OrderByDescending(entry => entry.Value))
            {
                report.Add($"{name}.{figure}.{part}", value, $"{unit}/{what}");
            }
        }
    }

    /// <summary>The simulator of the provider is not the shop.</summary>
    private static bool IsProvider(string part) => part is "Psp" or "pspdb" or RawDatabases.Provider;
}
