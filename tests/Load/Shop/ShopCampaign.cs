using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using HdrHistogram;
using ShopSaga.Load.Capacity;
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
    public static readonly string[] Phases = [Saturation, Mixes, ByArrival, Overload, Idle, ScaleOut, Capacity, Grown];

    /// <summary>The shop with 1, 2 and 4 instances of each service, one stack after the other.</summary>
    public const string ScaleOut = "scale-out";

    /// <summary>The capacity model, and the sizes that it is compared with.</summary>
    public const string Capacity = "capacity";

    /// <summary>The loads that the capacity model is compared with, in percent of saturation.</summary>
    public static readonly int[] PercentagesOfCapacity = [30, 70];

    private const string Saturation = "saturation";
    private const string Mixes = "mixes";
    private const string ByArrival = "arrivals";
    private const string Overload = "overload";
    private const string Idle = "idle";

    /// <summary>Only by its name: it fills tens of gigabytes of disk.</summary>
    private const string Grown = "growth";

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
        if (phase is null or ScaleOut)
        {
            await Scaling.Run(report, seconds);
        }

        if (phase is null or Capacity)
        {
            await CapacityModel.Run(report, seconds);
        }

        if (phase is ScaleOut or Capacity)
        {
            return;
        }

        var before = reference is null ? [] : await MeasureStackOf(reference, seconds, phase);
        var now = await MeasureStackOf(Directory.GetCurrentDirectory(), seconds, phase);
        foreach (var (name, figure) in now)
        {
            report.Add(name, figure.Value, figure.Unit, before.TryGetValue(name, out var old) && old.Value != 0 ? old.Value : null);
        }
    }

    /// <summary>Measures the stack whose addresses are in the environment.</summary>
    public static async Task RunOnThisStack(Report report, int seconds, string? phase, string? confined)
    {
        if (confined is not null)
        {
            await Confinement.Apply(confined);
        }

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

        if (phase is Grown)
        {
            await new Growth(report, shop, load, Many, duration).Run();
            return;
        }

        report.Add("shop.flush", 1000 * await Waits.ForFlush(), "ms");

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

        foreach (var percentage in phase is null or ByArrival ? Percentages : phase is Capacity ? PercentagesOfCapacity : [])
        {
            await shop.LogInCustomers();
            var (name, perSecond) = ($"shop.at-{percentage}", saturation.Final * percentage / 100);
            var arrivals = await Meter.OfOrders(report, name, shop, () => load.Arrive(Many, perSecond, duration));
            report.Add($"{name}.arrived", arrivals.All.Count / duration.TotalSeconds, "orders/s");
            Add(report, name, arrivals);
        }

        foreach (var read in phase is Capacity ? OpenShop.Reads : [])
        {
            await shop.LogInCustomers();
            var reads = await Meter.OfReads(report, $"shop.read.{read}", shop, () => load.Read(read, duration / 3));
            report.Add($"shop.read.{read}.per-second", 3 * reads / duration.TotalSeconds, "reads/s");
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

    /// <summary>Throughput at saturation and all that an order costs.</summary>
    private static async Task<Throughput> Measure(
        Report report, OpenShop shop, ShopLoad load, string name, Mix mix, TimeSpan duration)
    {
        var throughput = await Meter.OfOrders(report, name, shop, () => load.Saturate(mix, duration));
        report.Add($"{name}.accepted", throughput.Accepted, "orders/s");
        report.Add($"{name}.final", throughput.Final, "orders/s");
        Add(report, name, throughput.Arrivals);
        return throughput;
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

    /// <summary>Measures a phase on a stack of its own.</summary>
    /// <param name="checkout">Whose launcher and services, built.</param>
    /// <param name="seconds">How long each part takes.</param>
    /// <param name="phase">One of <see cref="Phases"/>, or null for all.</param>
    /// <param name="size">How large the stack is; null: as the launcher starts it.</param>
    public static async Task<Dictionary<string, Measured>> MeasureStackOf(
        string checkout, int seconds, string? phase, StackSize? size = null)
    {
        Console.WriteLine($"Measuring the shop of {checkout}{(size is null ? "" : $": {size.Name}")}");
        var launcher = Path.Combine(checkout, ".artifacts/bin/ShopSaga.Local/release/ShopSaga.Local.dll");
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        var output = Path.GetTempFileName();
        string[] command =
        [
            .. size?.Processors is { } processors ? (string[])["taskset", "--cpu-list", $"0-{processors - 1}", dotnet] : [dotnet],
            launcher, "exec", "--services", "--fresh", "--base-port=auto", "--rate-limits=relaxed",
            .. size is null ? (string[])[] : [$"--instances={size.Instances}"],
            "--", "env", $"--unset={StackSize.ProcessorCount}",
            dotnet, typeof(ShopCampaign).Assembly.Location, "--area=shop", OnThisStack, $"--seconds={seconds}", $"--output={output}",
            .. phase is null ? (string[])[] : [$"--phase={phase}"],
            .. size?.Confined is null ? (string[])[] : [$"{Confinement.Option}={size.Confined}"],
        ];
        var start = new ProcessStartInfo(command[0], command[1..]);
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("SHOPSAGA_", StringComparison.Ordinal)).ToList())
        {
            // Of the stack that runs this process; the other one has its own.
            start.Environment.Remove(variable);
        }

        if (size?.Confined is not null)
        {
            // As in a container with that limit: a service chooses by it how to wait and how many threads to have.
            start.Environment[StackSize.ProcessorCount] = size.Confined == Confinement.Apart ? $"{Environment.ProcessorCount / 2}" : "1";
        }

        if (phase is Grown)
        {
            // Its open orders are old; with the default of 100,000, none would be accepted besides.
            start.Environment["Orders__MaxOpen"] = "10000000";
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

}

/// <summary>A figure of another process.</summary>
internal sealed record Measured(string Name, double Value, string Unit);
