using System.CommandLine;
using ShopSaga.Load.Bus;
using ShopSaga.Load.Peers;
using ShopSaga.Load.RawShop;
using ShopSaga.Load.Settlement;
using ShopSaga.Load.Shop;

var seconds = new Option<int>("--seconds")
{
    Description = "How long each phase of the shop's campaign takes.",
    DefaultValueFactory = _ => 60,
};
var reference = new Option<string?>("--reference") { Description = "Another checkout, built, to compare the shop with." };
var phase = new Option<string?>("--phase")
{
    Description = $"Only one phase of the shop's campaign: {string.Join(", ", ShopCampaign.Phases)}.",
};
phase.AcceptOnlyFromAmong(ShopCampaign.Phases);
var onThisStack = new Option<bool>(ShopCampaign.OnThisStack) { Description = "Measures the shop that runs, instead of starting one." };
var confined = new Option<string?>(Confinement.Option) { Description = "Keeps the programs of the shop that runs on some processors." };
confined.AcceptOnlyFromAmong(Confinement.Instances, Confinement.Apart);
var rawShop = new Option<bool>(RawShopProcess.Option) { Description = "Is the raw shop, on the servers that run, until its input ends." };

// One campaign for each area; without --area, all of them.
ParseResult parsed = null!;
var campaigns = new Dictionary<string, Func<Report, Task>>
{
    ["bus"] = BusCampaign.Run,
    ["peers"] = PeersCampaign.Run,
    ["growth"] = GrowthCampaign.Run,
    ["settlement"] = SettlementCampaign.Run,
    ["shop"] = report => parsed.GetValue(onThisStack)
        ? ShopCampaign.RunOnThisStack(report, parsed.GetValue(seconds), parsed.GetValue(phase), parsed.GetValue(confined))
        : ShopCampaign.Run(report, parsed.GetValue(seconds), parsed.GetValue(phase), parsed.GetValue(reference)),
};

var area = new Option<string?>("--area") { Description = $"Measures only one area: {string.Join(", ", campaigns.Keys)}." };
area.AcceptOnlyFromAmong([.. campaigns.Keys]);
var output = new Option<string>("--output")
{
    Description = "The JSON file for the figures.",
    DefaultValueFactory = _ => "artifacts/bench.json",
};
var command = new RootCommand("Measures throughput and latency on the servers named by SHOPSAGA_POSTGRES and SHOPSAGA_RABBITMQ.")
{
    area, output, seconds, phase, reference, onThisStack, confined, rawShop,
};
command.SetAction(async (arguments, _) =>
{
    if (arguments.GetValue(rawShop))
    {
        await RawShopHost.Run();
        return 0;
    }

    parsed = arguments;
    var report = new Report();
    foreach (var (_, run) in campaigns.Where(campaign => arguments.GetValue(area) is null || campaign.Key == arguments.GetValue(area)))
    {
        await run(report);
    }

    report.Print();
    report.Write(arguments.GetValue(output)!);
    return 0;
});
return await command.Parse(args).InvokeAsync();
