using System.CommandLine;
using ShopSaga.Load.Bus;
using ShopSaga.Load.Settlement;

// One campaign for each area; without --area, all of them.
var campaigns = new Dictionary<string, Func<Report, Task>>
{
    ["bus"] = BusCampaign.Run,
    ["growth"] = GrowthCampaign.Run,
    ["settlement"] = SettlementCampaign.Run,
};

var area = new Option<string?>("--area") { Description = $"Measures only one area: {string.Join(", ", campaigns.Keys)}." };
area.AcceptOnlyFromAmong([.. campaigns.Keys]);
var output = new Option<string>("--output")
{
    Description = "The JSON file for the figures.",
    DefaultValueFactory = _ => "artifacts/Bench.json",
};
var command = new RootCommand("Measures throughput and latency on the servers named by SHOPSAGA_POSTGRES and SHOPSAGA_RABBITMQ.")
{
    area, output,
};
command.SetAction(async (arguments, _) =>
{
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
