using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ShopSaga.Tests.Simulation.Faults;
using ShopSaga.Tests.Simulation.Interleaving;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>Plays histories, one seed after the other, in several shops side by side; the target Simulate.</summary>
internal static class Campaign
{
    private const int ShownFailures = 3;
    private const int Progress = 100;

    /// <summary>Of so many seeds, one is a history in which statements interleave.</summary>
    private const int SeedsPerInterleaved = 8;

    public static Task<int> Main(string[] args)
    {
        var minutes = new Option<double?>("--minutes") { Description = "How long histories are played." };
        var histories = new Option<int?>("--histories") { Description = "How many are played; 1 with --seed." };
        var seed = new Option<int?>("--seed") { Description = "The first seed. Alone, plays this history and prints its story." };
        var shops = new Option<int>("--shops") { Description = "Played side by side.", DefaultValueFactory = _ => 2 };
        var faults = new Option<bool>("--faults") { Description = "Builds one fault in after the other, and prints when each is found." };
        var command = new RootCommand("Plays simulated histories of the shop, and checks the books after each.")
        {
            minutes, histories, seed, shops, faults,
        };
        command.SetAction(async arguments =>
        {
            var (limit, count) = (arguments.GetValue(minutes), arguments.GetValue(histories));
            if (arguments.GetValue(faults))
            {
                return await CatchAll(count ?? 300);
            }

            var first = arguments.GetValue(seed) ?? Random.Shared.Next(1_000_000_000);
            if (limit is null && count is null && arguments.GetValue(seed) is not null)
            {
                return await PlayOne(first);
            }

            var until = limit is null ? TimeSpan.MaxValue : TimeSpan.FromMinutes(limit.Value);
            return await Run(first, count ?? (limit is null ? 100 : int.MaxValue), until, arguments.GetValue(shops));
        });
        return command.Parse(args).InvokeAsync();
    }

    /// <summary>
    /// Plays seeds from <paramref name="first"/> on. In one of eight, the seed decides whose next statement runs; in the others, which
    /// message or request is next.
    /// </summary>
    public static async Task<Played> Play(int first, int count, TimeSpan limit, IReadOnlyList<SimulatedShop> shops)
    {
        var clock = Stopwatch.StartNew();
        var played = new Played();
        var next = -1L;
        await Task.WhenAll(shops.Select(shop => Task.Run(async () =>
        {
            while (clock.Elapsed < limit && Interlocked.Increment(ref next) is var number && number < count)
            {
                var seed = (int)(first + number);
                var outcome = await Play(shop, seed);
                played.Add(outcome, IsInterleaved(seed));
                if (outcome.Broken.Count > 0)
                {
                    Console.WriteLine($"failed: --seed={seed}: {outcome.Broken[0]}");
                }

                if ((number + 1) % Progress == 0)
                {
                    Console.WriteLine($"{number + 1} histories in {clock.Elapsed.TotalSeconds:0} s");
                }
            }
        })));
        return played;
    }

    /// <summary>The shortest history found that breaks the same promise; one in which statements interleave stays as it is.</summary>
    public static async Task<Outcome> Shorten(SimulatedShop shop, Outcome failure) =>
        IsInterleaved(failure.Seed) ? failure : await Shrinking.Shrink(shop, failure);

    private static bool IsInterleaved(int seed) => seed % SeedsPerInterleaved == 0;

    private static async Task<Outcome> Play(SimulatedShop shop, int seed) => IsInterleaved(seed)
        ? (await Interleaved.Play(shop, seed / SeedsPerInterleaved)) with { Seed = seed }
        : await History.Play(shop, seed);

    /// <summary>Plays histories with a fault, in all shops side by side, until it is found; null when it is not.</summary>
    public static async Task<(int Histories, string Broken)?> Catch(IReadOnlyList<SimulatedShop> shops, BuiltInFault fault, int histories)
    {
        var builtIn = await Task.WhenAll(shops.Select(shop => shop.With(fault)));
        try
        {
            for (var seed = 1; seed <= histories; seed += shops.Count)
            {
                var outcomes = await Task.WhenAll(shops.Select((shop, after) => History.Play(shop, seed + after)));
                if (outcomes.FirstOrDefault(outcome => outcome.Broken.Count > 0) is { } failure)
                {
                    return (failure.Seed, failure.Broken[0]);
                }
            }

            return null;
        }
        finally
        {
            await Task.WhenAll(builtIn.Select(each => each.DisposeAsync().AsTask()));
        }
    }

    /// <summary>Prints the table of faults: each must be found.</summary>
    private static async Task<int> CatchAll(int histories)
    {
        var shops = await Task.WhenAll(SimulatedShop.Open(), SimulatedShop.Open());
        var missed = 0;
        Console.WriteLine("| fault | found after histories | by the rule |");
        Console.WriteLine("|---|---|---|");
        foreach (var fault in BuiltInFaults.All)
        {
            var caught = await Catch(shops, fault, histories);
            missed += caught is null ? 1 : 0;
            Console.WriteLine($"| {fault} | {(caught is { } found ? $"{found.Histories}" : $"not in {histories}")} | {caught?.Broken} |");
        }

        foreach (var shop in shops)
        {
            await shop.DisposeAsync();
        }

        return missed == 0 ? 0 : 1;
    }

    private static async Task<int> PlayOne(int seed)
    {
        await using var shop = await SimulatedShop.Open();
        var outcome = await Play(shop, seed);
        Print(outcome);
        if (outcome.Broken.Count == 0)
        {
            return 0;
        }

        Console.WriteLine("The shortest history found that breaks the same promise:");
        Print(await Shorten(shop, outcome));
        return 1;
    }

    private static async Task<int> Run(int first, int count, TimeSpan limit, int shops)
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, shops).Select(_ => SimulatedShop.Open()));
        var clock = Stopwatch.StartNew();
        var played = await Play(first, count, limit, opened);
        var seconds = clock.Elapsed.TotalSeconds;
        foreach (var failure in played.Failures.Take(ShownFailures))
        {
            Print(await Shorten(opened[0], failure));
        }

        var report = new Report();
        report.Add("first seed", first, "seed");
        report.Add("histories", played.Histories, "histories");
        report.Add("distinct courses", played.Courses, "histories");
        report.Add("histories in which statements interleave", played.Interleaved, "histories");
        report.Add("distinct interleavings of statements", played.Interleavings, "histories");
        report.Add("orders", played.Orders, "orders");
        report.Add("steps", played.Steps, "steps");
        report.Add("histories per second", played.Histories / seconds, "1/s");
        report.Add("steps per second", played.Steps / seconds, "1/s");
        report.Add("failed", played.Failures.Count, "histories");
        report.Write("artifacts/simulate.json");
        foreach (var shop in opened)
        {
            await shop.DisposeAsync();
        }

        return played.Failures.Count == 0 ? 0 : 1;
    }

    private static void Print(Outcome outcome)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"--seed={outcome.Seed}:"));
        Console.WriteLine(outcome.Story);
        Console.WriteLine(outcome.Broken.Count == 0 ? "The books balance, and nothing is left." : string.Join('\n', outcome.Broken));
    }
}
