using System.CommandLine;
using System.Diagnostics;
using ShopSaga.Chaos;

var minutes = new Option<double>("--minutes") { Description = "How long faults happen.", DefaultValueFactory = _ => 5 };
var faults = new Option<int>("--faults") { Description = "At least this many faults, even if that takes longer." };
var seed = new Option<int?>("--seed")
{
    Description = "Repeats the schedule with this seed. The default is a random seed, which is printed.",
};
var instances = new Option<int>("--instances") { Description = "Of every service.", DefaultValueFactory = _ => 2 };
var only = new Option<string>("--only")
{
    Description = "Only faults whose kind begins like this, such as \"kill\" or \"pause Orders\".",
    DefaultValueFactory = _ => "",
};
var output = new Option<string>("--output")
{
    Description = "The JSON file for the figures.",
    DefaultValueFactory = _ => "artifacts/chaos.json",
};
var command = new RootCommand("Breaks the running system under load, and checks afterwards that nothing promised was broken.")
{
    minutes, faults, seed, instances, only, output,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    var seedOfAll = arguments.GetValue(seed) ?? Random.Shared.Next();
    Console.WriteLine($"--seed={seedOfAll}");
    (Eventually.Limit, Eventually.Pause) = (TimeSpan.FromMinutes(3), TimeSpan.FromMilliseconds(50));
    await using var machine = await Machine.Start(arguments.GetValue(instances), cancellationToken);
    using var campaign = new Campaign(
        machine,
        seedOfAll,
        TimeSpan.FromMinutes(arguments.GetValue(minutes)),
        arguments.GetValue(faults),
        arguments.GetValue(only)!);
    var clock = Stopwatch.StartNew();
    await campaign.Run(cancellationToken);
    var broken = await Verdict.Of(campaign, machine, cancellationToken);
    Summary.Print(campaign, broken, clock.Elapsed, arguments.GetValue(output)!);
    if (broken.Count > 0)
    {
        Console.WriteLine($"Repeat the schedule with --seed={seedOfAll}.");
    }

    return broken.Count == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
