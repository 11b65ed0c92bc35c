using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using HdrHistogram;
using ShopSaga.Load.RawShop;

namespace ShopSaga.Load.Shop;

/// <summary>
/// Measures the whole shop through its gateway, on a stack of its own. With another, built checkout as reference, that one is measured in
/// the same run, before and in the same way, and the ratios are to it.
/// <code>
///   this process ─► launcher of the checkout: exec --services ─► this program again, --on-this-stack ─► figures in a file
/// </code>
/// </summary>
internal static class ShopCampaign
{
    /// <summary>Says which measures are taken on the stack at hand.</summary>
    public const string OnThisStack = "--on-this-stack";

    /// <summary>What can be measured alone.</summary>
    public static readonly string[] Phases = [Saturation, Mixes, ByArrival, Overload, Idle];

    private const string Saturation = "saturation";
    private const string Mixes = "mixes";
    private const string ByArrival = "arrivals";
    private const string Overload = "overload";
    private const string Idle = "idle";
    private const int IdleOrders = 100;
    private static readonly int[] Percentages = [30, 50, 70, 90];
    private static readonly Mix Many = new("many", OpenShop.Products);
    private static readonly Mix[] Others =
    [
        new("one", 1),
        new("cancels", OpenShop.Products) { Cancels = 0.1 },
        new("declines", OpenShop.Products) { Declines = 0.05 },
        new("reads", OpenShop.Products) { Reads = true },
    ];

    /// <summary>Starts a stack, the reference's too where there is one, and reports what was measured on it.</summary>
    /// <param name="report">Takes the figures.</param>
    /// <param name="seconds">How long each phase takes.</param>
    /// <param name="phase">One of <see cref="Phases"/>, or null for all.</param>
    /// <param name="reference">The root of another checkout, which is built; null for none.</param>
    public static async Task Run(Report report, int seconds, string? phase, string? reference)
    {
        var before = reference is null ? [] : await MeasureStackOf(reference, seconds, phase);
        var now = await MeasureStackOf(Directory.GetCurrentDirectory(), seconds, phase);
        foreach (var (name, figure) in now)
        {
            report.Add(name, figure.Value, figure.Unit, before.TryGetValue(name, out var old) && old.Value != 0 ? old.Value : null);
        }
    }

    /// <summary>Measures the stack whose addresses are in the environment.</summary>
    public static async Task RunOnThisStack(Report report, int seconds, string? phase)
    {
        using var shop = await OpenShop.Open();
        var (load, duration) = (new ShopLoad(shop), TimeSpan.FromSeconds(seconds));
        await shop.LogInCustomers();
        await Measure(report, shop, load, "shop.cold", Many, duration / 2);
        await Usage.Analyze("orderdb", "paymentdb", "productdb", "pspdb", "settlementdb", "userdb");
        if (phase is Idle)
        {
            await MeasureIdle();
            return;
        }

        // Arrivals and mixes are measured against it.
        await shop.LogInCustomers();
        var saturation = await Measure(report, shop, load, "shop.many", Many, duration);
        if (phase is null or Saturation)
        {
            var raw = await MeasureRawShop(report, duration);
            report.Add("shop.many.against-raw", saturation.Final / raw.Final, "ratio");
        }

        foreach (var mix in phase is null or Mixes ? Others : [])
        {
            await shop.LogInCustomers();
            var throughput = await load.Saturate(mix, duration);
            report.Add($"shop.{mix.Name}.final", throughput.Final, "orders/s");
            report.Add($"shop.{mix.Name}.against-many", throughput.Final / saturation.Final, "ratio");
        }

        foreach (var percentage in phase is null or ByArrival ? Percentages : [])
        {
            await shop.LogInCustomers();
            Add(report, $"shop.at-{percentage}", await load.Arrive(Many, saturation.Final * percentage / 100, duration));
        }

        if (phase is null or Overload)
        {
            await shop.LogInCustomers();
            await MeasureOverload(report, shop, load, saturation.Final, duration);
        }

        if (phase is null)
        {
            await MeasureIdle();
        }

        report.Add("shop.deadlocks", await Usage.Deadlocks(), "deadlocks");
        foreach (var (program, megabytes) in Usage.Memory())
        {
            report.Add($"shop.memory.{program}", megabytes, "MB");
        }

        async Task MeasureIdle()
        {
            await shop.LogInCustomers();
            Add(report, "shop.idle", await load.OneByOne(Many, IdleOrders));
        }
    }

    /// <summary>The raw shop under the same load, as long as the shop, while the shop's services idle.</summary>
    private static async Task<Throughput> MeasureRawShop(Report report, TimeSpan duration)
    {
        await using var rawShop = await RawShopProcess.Start();
        using var shop = await OpenShop.OpenRaw(rawShop.Door);
        var load = new ShopLoad(shop);
        await rawShop.While(load.Saturate(Many, duration / 2));
        await Usage.Analyze(RawDatabases.All);
        var throughput = await rawShop.While(Measure(report, shop, load, "shop.raw", Many, duration));
        await RawDatabases.Verify();
        return throughput;
    }

    /// <summary>Throughput at saturation and all that an order costs, the provider's share apart.</summary>
    private static async Task<Throughput> Measure(
        Report report, OpenShop shop, ShopLoad load, string name, Mix mix, TimeSpan duration)
    {
        var before = await Usage.Read();
        var polls = shop.Polls;
        var started = DateTime.UtcNow;
        var throughput = await load.Saturate(mix, duration);
        polls = shop.Polls - polls;
        var orders = await shop.CountFinal(started, DateTime.UtcNow);
        // What the stack uses while the counters catch up is no order's.
        var cpu = Usage.Cpu();
        var after = (await Usage.Read()) with { CpuSeconds = cpu };
        report.Add($"{name}.orders", orders, "orders");
        report.Add($"{name}.accepted", throughput.Accepted, "orders/s");
        report.Add($"{name}.final", throughput.Final, "orders/s");
        AddEach("cpu", "ms/order", 1000, before.CpuSeconds, after.CpuSeconds);
        var ownCommits = new Dictionary<string, double> { [shop.Database] = polls };
        AddEach("commits", "commits/order", 1, before.Commits, after.Commits, ownCommits);
        Add("wal", "bytes/order", usage => usage.WalBytes);
        Add("wal.records", "records/order", usage => usage.WalRecords);
        Add("wal.syncs", "syncs/order", usage => usage.WalSyncs);
        Add("database.round-trips", "round trips/order", usage => usage.DatabaseRoundTrips, polls);
        Add("broker.bytes", "bytes/order", usage => usage.BrokerBytes);
        Add("broker.packets", "packets/order", usage => usage.BrokerPackets);
        Add("broker.publishes", "messages/order", usage => usage.Publishes);
        Add("broker.deliveries", "messages/order", usage => usage.Deliveries);
        return throughput;

        void Add(string figure, string unit, Func<Usage, double> counter, double own = 0) =>
            report.Add($"{name}.{figure}", (counter(after) - counter(before) - own) / orders, unit);

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
                entry => (entry.Value - from.GetValueOrDefault(entry.Key) - (own?.GetValueOrDefault(entry.Key) ?? 0)) * scale / orders);
            report.Add($"{name}.{figure}", each.Sum(entry => IsProvider(entry.Key) ? 0 : entry.Value), unit);
            foreach (var (part, value) in each.OrderByDescending(entry => entry.Value))
            {
                report.Add($"{name}.{figure}.{part}", value, unit);
            }
        }
    }

    /// <summary>Twice as many orders as the shop completes, and then half as many: what is refused, how long the others take.</summary>
    private static async Task MeasureOverload(Report report, OpenShop shop, ShopLoad load, double saturation, TimeSpan duration)
    {
        var memory = new Dictionary<string, Dictionary<string, double>> { ["before"] = Usage.Memory() };
        var started = DateTime.UtcNow;
        var (overload, after, changed) = await load.Arrive(
            Many, 2 * saturation, saturation / 2, duration, () => memory["at-the-end"] = Usage.Memory());
        memory["after"] = Usage.Memory();
        var seconds = (changed - started).TotalSeconds;
        report.Add("shop.overload.arrived", overload.All.Count / seconds, "orders/s");
        report.Add("shop.overload.accepted", overload.Accepted / seconds, "orders/s");
        report.Add("shop.overload.final", await shop.CountFinal(started, changed) / seconds, "orders/s");
        Add(report, "shop.overload", overload);
        Add(report, "shop.after-overload", after);
        report.Add("shop.after-overload.normal", after.NormalAfter(changed).TotalSeconds, "s");
        foreach (var (moment, programs) in memory)
        {
            foreach (var (program, megabytes) in programs)
            {
                report.Add($"shop.overload.memory.{program}.{moment}", megabytes, "MB");
            }
        }
    }

    /// <summary>The simulator of the provider is not the shop.</summary>
    private static bool IsProvider(string part) => part is "Psp" or "pspdb" or RawDatabases.Provider;

    private static void Add(Report report, string name, Arrivals arrivals)
    {
        var microseconds = arrivals.Latencies();
        foreach (var percentile in (double[])[50, 95, 99])
        {
            report.Add($"{name}.p{percentile:0}", microseconds.GetValueAtPercentile(percentile) / 1000.0, "ms");
        }

        report.Add($"{name}.max", microseconds.GetMaxValue() / 1000.0, "ms");
        report.Add($"{name}.refused", arrivals.Refused, "orders");
    }

    private static async Task<Dictionary<string, Measured>> MeasureStackOf(string checkout, int seconds, string? phase)
    {
        Console.WriteLine($"Measuring the shop of {checkout}");
        var launcher = Path.Combine(checkout, ".artifacts/bin/ShopSaga.Local/release/ShopSaga.Local.dll");
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        var output = Path.GetTempFileName();
        var start = new ProcessStartInfo(
            dotnet,
            [
                launcher, "exec", "--services", "--fresh", "--base-port=auto", "--rate-limits=relaxed", "--",
                dotnet, typeof(ShopCampaign).Assembly.Location, "--area=shop", OnThisStack, $"--seconds={seconds}", $"--output={output}",
                .. phase is null ? Array.Empty<string>() : [$"--phase={phase}"],
            ]);
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("SHOPSAGA_", StringComparison.Ordinal)).ToList())
        {
            // Of the stack that runs this process; the other one has its own.
            start.Environment.Remove(variable);
        }

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The shop of {checkout} was not measured; exit code {process.ExitCode}.");
        }

        var figures = JsonSerializer.Deserialize<List<Measured>>(await File.ReadAllTextAsync(output), JsonSerializerOptions.Web)!;
        File.Delete(output);
        return figures.ToDictionary(figure => figure.Name);
    }

    private sealed record Measured(string Name, double Value, string Unit);
}
