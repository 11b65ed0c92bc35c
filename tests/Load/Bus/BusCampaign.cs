using Result = (ShopSaga.Load.Consumption Cost, HdrHistogram.LongConcurrentHistogram Latencies);

namespace ShopSaga.Load.Bus;

/// <summary>
/// Throughput and latency of the runtime compared with a raw loop. Both take turns in one run, so that noise affects both. The figures of
/// NServiceBus 10.2.8 (520 messages/s drained, 320/s through sessions) were measured on a similar machine: two cores, shared with broker
/// and database.
/// </summary>
internal static class BusCampaign
{
    internal const int Requests = 4000;
    internal const int IdleRequests = 200;
    private const double DrainOfNServiceBus = 520;
    private const double SessionsOfNServiceBus = 320;
    private static readonly string[] Databases = [Scenario.FirstDatabase, Scenario.SecondDatabase];

    internal static int Rounds { get; } = Setting("LOAD_ROUNDS", 3);

    internal static int Messages { get; } = Setting("LOAD_MESSAGES", 8000);

    /// <summary>Few workers with large groups use fewer resources than many with small ones.</summary>
    internal static int Concurrency { get; } = Setting("LOAD_CONCURRENCY", 2);

    internal static int GroupSize { get; } = Setting("LOAD_GROUP_SIZE", 50);

    private static BusPair NewBus() => new(Concurrency, GroupSize);

    private static int Setting(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var value) ? value : fallback;

    public static async Task Run(Report report)
    {
        await Compare(report, "drain", Messages, DrainOfNServiceBus, Drain);
        await Compare(report, "sessions", Requests, SessionsOfNServiceBus, Sessions);
        await Idle(report);
    }

    /// <summary>A preloaded queue, drained by two endpoints.</summary>
    internal static async Task<Result> Drain(IPair pair, int messages)
    {
        await pair.Install();
        await pair.Preload(messages);
        var cost = await Consumption.Of(Databases, async () =>
        {
            await pair.Start();
            await Scenario.HasHandled(pair, messages);
        });
        return (cost, pair.Latencies);
    }

    /// <summary>Concurrent requests through transactional sessions, until every event is handled.</summary>
    internal static async Task<Result> Sessions(IPair pair, int requests)
    {
        await pair.Install();
        await pair.Start();
        var cost = await Consumption.Of(Databases, async () =>
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, requests),
                new ParallelOptions { MaxDegreeOfParallelism = Scenario.Concurrency },
                async (number, _) => await pair.Request(number));
            await Scenario.HasHandled(pair, requests);
        });
        return (cost, pair.Latencies);
    }

    /// <summary>The median round of each contender. All take turns, each time on new databases whose rows are then verified.</summary>
    internal static async Task<Dictionary<string, Result>> TakeTurns(
        string scenario, IReadOnlyDictionary<string, Func<IPair>> contenders, int messages, int rounds, Func<IPair, int, Task<Result>> run)
    {
        var results = contenders.Keys.ToDictionary(name => name, _ => new List<Result>());
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (name, create) in contenders)
            {
                var result = await Once(create(), messages, run);
                Console.WriteLine($"{scenario}, round {round}: {name} {messages / result.Cost.Seconds:0}/s");

                // Round 0 warms up the JIT compiler.
                if (round > 0)
                {
                    results[name].Add(result);
                }
            }
        }

        return results.ToDictionary(
            result => result.Key, result => result.Value.OrderBy(run => run.Cost.Seconds).ElementAt(result.Value.Count / 2));
    }

    private static async Task Compare(
        Report report, string name, int messages, double nServiceBus, Func<IPair, int, Task<Result>> run)
    {
        var medians = await TakeTurns(
            name, new Dictionary<string, Func<IPair>> { ["raw"] = () => new RawPair(), ["bus"] = NewBus }, messages, Rounds, run);
        var (rawCost, rawLatencies) = medians["raw"];
        var (cost, latencies) = medians["bus"];
        report.Add($"{name}.throughput", messages / cost.Seconds, "messages/s", messages / rawCost.Seconds);
        report.Add($"{name}.throughput.nservicebus", messages / cost.Seconds, "messages/s", nServiceBus);
        report.Add($"{name}.cpu", 1e6 * cost.CpuSeconds / messages, "µs/message", 1e6 * rawCost.CpuSeconds / messages);
        report.Add($"{name}.cpu.servers", 1e6 * cost.ServerCpuSeconds / messages, "µs/message", 1e6 * rawCost.ServerCpuSeconds / messages);
        report.Add($"{name}.commits", (double)cost.Commits / messages, "commits/message", (double)rawCost.Commits / messages);
        report.Add($"{name}.allocated", (double)cost.AllocatedBytes / messages, "bytes/message", (double)rawCost.AllocatedBytes / messages);
        report.Add($"{name}.latency.p50", latencies.Milliseconds(50), "ms", rawLatencies.Milliseconds(50));
        report.Add($"{name}.latency.p99", latencies.Milliseconds(99), "ms", rawLatencies.Milliseconds(99));
    }

    /// <summary>The latency from commit to handling in an idle system.</summary>
    private static async Task Idle(Report report)
    {
        var raw = await Once(new RawPair(), IdleRequests, OneAfterTheOther);
        var bus = await Once(NewBus(), IdleRequests, OneAfterTheOther);
        report.Add("idle.latency.p50", bus.Latencies.Milliseconds(50), "ms", raw.Latencies.Milliseconds(50));
        report.Add("idle.latency.p99", bus.Latencies.Milliseconds(99), "ms", raw.Latencies.Milliseconds(99));
    }

    /// <summary>Single requests, each until its event is handled.</summary>
    internal static async Task<Result> OneAfterTheOther(IPair pair, int requests)
    {
        await pair.Install();
        await pair.Start();
        var cost = await Consumption.Of(Databases, async () =>
        {
            for (var number = 0; number < requests; number++)
            {
                await pair.Request(number);
                await Scenario.HasHandled(pair, number + 1);
            }
        });
        return (cost, pair.Latencies);
    }

    /// <summary>One measurement on new databases, whose rows are then verified.</summary>
    private static Task<Result> Once(IPair newPair, int messages, Func<IPair, int, Task<Result>> run) =>
        Scenario.On(newPair, async pair =>
        {
            var result = await run(pair, messages);
            await Scenario.Verify(messages);
            return result;
        });
}
