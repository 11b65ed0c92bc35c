using System.CommandLine;
using System.Diagnostics;
using ShopSaga.Fuzz;

var seed = new Option<int?>("--seed") { Description = "Repeats the campaign with this seed. The default is a random seed, which is printed." };
var requests = new Option<int>("--requests") { Description = "The number of generated requests.", DefaultValueFactory = _ => 12_000 };
var single = new Option<int?>("--request") { Description = "Sends only the request with this number and prints request and response." };
var output = new Option<string>("--output") { Description = "The JSON file for the figures.", DefaultValueFactory = _ => "artifacts/Fuzz.json" };
var command = new RootCommand("Runs hostile clients against the running system that the environment names (SHOPSAGA_*).") { seed, requests, single, output };
command.SetAction(async (arguments, cancellationToken) =>
{
    var plan = new Plan(arguments.GetValue(seed) ?? Random.Shared.Next(), arguments.GetValue(requests), SlowClients: 50, Connections: 1_000);
    var campaign = new Campaign(Target.From(Environment.GetEnvironmentVariable), plan, Console.WriteLine);
    Console.WriteLine($"--seed={plan.Seed}");
    if (arguments.GetValue(single) is { } number)
    {
        return Verdict(await campaign.Replay(number, cancellationToken));
    }

    var clock = Stopwatch.StartNew();
    var findings = await campaign.Run(cancellationToken);
    findings.Print();
    var report = new Report();
    report.Add("fuzz.requests", findings.Requests, "requests");
    report.Add("fuzz.speed", findings.Requests / clock.Elapsed.TotalSeconds, "requests/s");
    report.Add("fuzz.answered-2xx-3xx", findings.Of(status => status is >= 200 and < 400), "requests");
    report.Add("fuzz.answered-4xx", findings.Of(status => status is >= 400 and < 500), "requests");
    report.Add("fuzz.answered-503", findings.Of(status => status == 503), "requests");
    report.Add("fuzz.answered-other-5xx", findings.Of(status => status >= 500 && status != 503), "requests");
    report.Add("fuzz.closed", findings.Of(status => status == 0), "requests");
    report.Add("fuzz.violations", findings.Violations.Count, "violations");
    foreach (var (service, memory) in campaign.MemoryAfter)
    {
        report.Add($"fuzz.memory.{service}", memory, "MiB", campaign.MemoryBefore.TryGetValue(service, out var before) ? before : null);
    }

    report.Write(arguments.GetValue(output)!);
    return Verdict(findings);
});
return await command.Parse(args).InvokeAsync();

static int Verdict(Findings findings)
{
    Console.WriteLine($"{findings.Requests} requests, {findings.Violations.Count} violations");
    return findings.Violations.Count == 0 ? 0 : 1;
}
