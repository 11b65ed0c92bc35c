using ShopSaga.Load.Bus;
using Result = (ShopSaga.Load.Consumption Cost, HdrHistogram.LongConcurrentHistogram Latencies);

namespace ShopSaga.Load.Peers;

/// <summary>
/// The bus in the mode in which the services run it, beside the raw loop and beside what a user could take instead. All take turns in one
/// run, on the same servers. Each figure is ours, its reference the peer's. CAP is missing: its package for RabbitMQ cannot be restored
/// where this is developed.
/// </summary>
internal static class PeersCampaign
{
    // As infra/hosting sets them for a service: two groups at the same time, of up to twenty messages.
    private const int Groups = 2;
    private const int GroupSize = 20;

    private const string Ours = "bus";

    private static readonly Dictionary<string, Func<IPair>> Contenders = new()
    {
        [Ours] = () => new BusPair(Groups, GroupSize),
        ["raw"] = () => new RawPair(),
        ["wolverine"] = () => new WolverinePair(inline: false),
        ["wolverine-inline"] = () => new WolverinePair(inline: true),
    };

    public static async Task Run(Report report)
    {
        await Compare(report, "drain", BusCampaign.Messages, BusCampaign.Rounds, BusCampaign.Drain);
        await Compare(report, "sessions", BusCampaign.Requests, BusCampaign.Rounds, BusCampaign.Sessions);
        await Compare(report, "idle", BusCampaign.IdleRequests, rounds: 1, BusCampaign.OneAfterTheOther);
    }

    private static async Task Compare(Report report, string scenario, int messages, int rounds, Func<IPair, int, Task<Result>> run)
    {
        var medians = await BusCampaign.TakeTurns(scenario, Contenders, messages, rounds, run);
        void Add(string figure, string unit, Func<Result, double> value)
        {
            foreach (var peer in Contenders.Keys.Where(name => name is not Ours))
            {
                report.Add($"peers.{scenario}.{figure}.{peer}", value(medians[Ours]), unit, value(medians[peer]));
            }
        }

        if (scenario is not "idle")
        {
            Add("throughput", "messages/s", result => messages / result.Cost.Seconds);
            Add("cpu", "µs/message", result => 1e6 * (result.Cost.CpuSeconds + result.Cost.ServerCpuSeconds) / messages);
            Add("commits", "commits/message", result => (double)result.Cost.Commits / messages);
        }

        Add("latency.p50", "ms", result => result.Latencies.Milliseconds(50));
        Add("latency.p99", "ms", result => result.Latencies.Milliseconds(99));
    }
}
