using System.CommandLine;
using System.Diagnostics;
using ShopSaga.Chaos;

const string Logs = "artifacts/chaos-logs";
var minutes = new Option<double>("--minutes") { Description = "How long faults happen.", DefaultValueFactory = _ => 5 };
var faults = new Option<int>("--faults") { Description = "At least this many faults, even if that takes longer." };
var seed = new Option<int?>("--seed")
{
    Description = "Repeats the schedule with this seed. The default is a random seed, which is printed.",
};
var instances = new Option<int>("--instances") { Description = "Of every service.", DefaultValueFactory = _ => 2 };
var only = new Option<string>("--only")
{
    Description = "Only faults whose kind begins like this, such as \"kill\" or \"full disk,read-only\".",
    DefaultValueFactory = _ => "",
};
var output = new Option<string>("--output")
{
    Description = "The JSON file for the figures.",
    DefaultValueFactory = _ => "artifacts/chaos.json",
};
string[] areas = ["faults", "rolling", "disaster"];
var area = new Option<string>("--area")
{
    Description = "faults breaks things; rolling restarts all instances, one after the other, without a failed request; disaster restores "
        + "a database from an old backup.",
    DefaultValueFactory = _ => areas[0],
};
area.AcceptOnlyFromAmong(areas);
var previous = new Option<string?>("--previous")
{
    Description = "With --area=rolling: a built checkout of the release that the instances run first. They are upgraded to this one, go "
        + "back, and are upgraded again.",
};
var command = new RootCommand("Breaks the running system under load, and checks afterwards that nothing promised was broken.")
{
    minutes, faults, seed, instances, only, output, area, previous,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    var seedOfAll = arguments.GetValue(seed) ?? Random.Shared.Next();
    Console.WriteLine($"--seed={seedOfAll}");
    (Eventually.Limit, Eventually.Pause) = (TimeSpan.FromMinutes(3), TimeSpan.FromMilliseconds(50));
    if (arguments.GetValue(area) == "rolling")
    {
        // As in a deployment: long enough for the gateway to notice. The services inherit it.
        Environment.SetEnvironmentVariable("Shutdown__Delay", "00:00:05");
    }

    var clock = Stopwatch.StartNew();
    var previousBuild = arguments.GetValue(previous) is { } folder ? Path.GetFullPath(folder) : null;
    await using var machine = await Machine.Start(arguments.GetValue(instances), previousBuild, cancellationToken);
    using var load = new Load(machine, seedOfAll);
    var campaign = new Campaign(
        machine,
        load,
        seedOfAll,
        TimeSpan.FromMinutes(arguments.GetValue(minutes)),
        arguments.GetValue(faults),
        arguments.GetValue(only)!);
    var disaster = new Disaster(machine, load);
    try
    {
        await load.During(
            arguments.GetValue(area) switch
            {
                "rolling" => new RollingChange(machine, load, previousBuild).Run,
                "disaster" => disaster.BackUp,
                _ => campaign.Run,
            },
            cancellationToken);
        Console.WriteLine($"{load.Record.Orders.Count} orders were acknowledged; now the books are checked.");
        List<string> broken =
        [
            .. arguments.GetValue(area) == "disaster" ? await disaster.RestoreAndRepair(cancellationToken) : [],
            .. await Verdict.Of(load.Record, machine, cancellationToken),
        ];
        if (broken.Count > 0)
        {
            machine.KeepLogs(Logs);
        }

        Summary.Print(load.Record, campaign.Faults, broken, clock.Elapsed, arguments.GetValue(output)!);
        var verdict = $"{load.Record.Orders.Count} orders, {campaign.Faults.Count} faults, {load.Record.Requests} requests, "
            + $"{load.Record.Failures.Values.Sum()} of them failed, {clock.Elapsed.TotalSeconds:0} s: "
            + (broken.Count == 0
                ? "every promise was kept."
                : $"{broken.Count} promises were BROKEN. The logs are in {Logs}; repeat the schedule with --seed={seedOfAll}.");
        Console.WriteLine(verdict);
        await File.WriteAllTextAsync(Path.ChangeExtension(arguments.GetValue(output)!, ".txt"), verdict, cancellationToken);
        return broken.Count == 0 ? 0 : 1;
    }
    catch
    {
        machine.KeepLogs(Logs);
        throw;
    }
});

// Whoever ends it early waits until the stacks are stopped and the disk is gone.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
