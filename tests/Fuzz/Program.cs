using System.CommandLine;
using System.Diagnostics;
using ShopSaga.Fuzz;
using ShopSaga.Fuzz.Aborts;
using ShopSaga.Fuzz.Messages;

string[] areas = ["http", "messages", "aborts"];
var area = new Option<string?>("--area") { Description = $"Only one area: {string.Join(", ", areas)}." };
area.AcceptOnlyFromAmong(areas);
var seed = new Option<int?>("--seed")
{
    Description = "Repeats the campaign with this seed. The default is a random seed, which is printed.",
};
var requests = new Option<int>("--requests")
{
    Description = "The number of generated requests (http).",
    DefaultValueFactory = _ => 12_000,
};
var messages = new Option<int>("--messages") { Description = "The number of generated messages.", DefaultValueFactory = _ => 1_000 };
var aborts = new Option<int>("--aborts") { Description = "The number of aborted requests.", DefaultValueFactory = _ => 4_000 };
var request = new Option<int?>("--request") { Description = "Sends only the request with this number and prints request and response." };
var message = new Option<int?>("--message") { Description = "Sends only the message with this number." };
var abort = new Option<int?>("--abort") { Description = "Aborts only the request with this number." };
var output = new Option<string>("--output")
{
    Description = "The JSON file for the figures.",
    DefaultValueFactory = _ => "artifacts/Fuzz.json",
};
var command = new RootCommand("Runs hostile clients and messages against the running system that the environment names (SHOPSAGA_*).")
{
    area, seed, requests, messages, aborts, request, message, abort, output,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    var target = Target.From(Environment.GetEnvironmentVariable);
    var seedOfAll = arguments.GetValue(seed) ?? Random.Shared.Next();
    Console.WriteLine($"--seed={seedOfAll}");
    var (onlyRequest, onlyMessage, onlyAbort) = (arguments.GetValue(request), arguments.GetValue(message), arguments.GetValue(abort));
    var only = onlyRequest is not null ? "http"
        : onlyMessage is not null ? "messages" : onlyAbort is not null ? "aborts" : arguments.GetValue(area);
    var report = new Report();
    var violations = 0;
    if (only is null or "messages")
    {
        violations += await Messages(onlyMessage);
    }

    if (only is null or "aborts")
    {
        violations += await Aborts(onlyAbort);
    }

    if (only is null or "http")
    {
        violations += await Http(onlyRequest);
    }

    if (onlyRequest is null && onlyMessage is null && onlyAbort is null)
    {
        report.Write(arguments.GetValue(output)!);
    }

    Console.WriteLine($"{violations} violations");
    return violations == 0 ? 0 : 1;

    async Task<int> Messages(int? only)
    {
        var campaign = new MessageCampaign(target, new MessagePlan(seedOfAll, arguments.GetValue(messages)), Console.WriteLine);
        var found = await campaign.Run(only, cancellationToken);
        foreach (var (kind, count) in campaign.Kinds.OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{count,6}  {kind}");
        }

        report.Add("fuzz.messages", campaign.Kinds.Values.Sum(), "messages");
        report.Add("fuzz.messages.failed", campaign.Failed, "messages");
        report.Add("fuzz.messages.order.p50", campaign.OrderSeconds.Order().ElementAtOrDefault(campaign.OrderSeconds.Count / 2), "s");
        report.Add("fuzz.messages.order.max", campaign.OrderSeconds.DefaultIfEmpty().Max(), "s");
        return Print("messages", found);
    }

    async Task<int> Aborts(int? only)
    {
        var campaign = new AbortCampaign(target, new AbortPlan(seedOfAll, arguments.GetValue(aborts)), Console.WriteLine);
        var found = await campaign.Run(only, cancellationToken);
        foreach (var (stage, count) in campaign.Stages)
        {
            Console.WriteLine($"{count,6}  aborted {stage}");
        }

        report.Add("fuzz.aborts", campaign.Stages.Values.Sum(), "requests");
        return Print("aborts", found);
    }

    async Task<int> Http(int? only)
    {
        var campaign = new Campaign(
            target, new Plan(seedOfAll, arguments.GetValue(requests), SlowClients: 50, Connections: 1_000), Console.WriteLine);
        if (only is { } number)
        {
            return (await campaign.Replay(number, cancellationToken)).Violations.Count;
        }

        var clock = Stopwatch.StartNew();
        var findings = await campaign.Run(cancellationToken);
        findings.Print();
        report.Add("fuzz.requests", findings.Requests, "requests");
        report.Add("fuzz.speed", findings.Requests / clock.Elapsed.TotalSeconds, "requests/s");
        report.Add("fuzz.answered-2xx-3xx", findings.Of(status => status is >= 200 and < 400), "requests");
        report.Add("fuzz.answered-4xx", findings.Of(status => status is >= 400 and < 500), "requests");
        report.Add("fuzz.answered-503", findings.Of(status => status == 503), "requests");
        report.Add("fuzz.answered-other-5xx", findings.Of(status => status >= 500 && status != 503), "requests");
        report.Add("fuzz.closed", findings.Of(status => status == 0), "requests");
        foreach (var (service, memory) in campaign.MemoryAfter)
        {
            report.Add($"fuzz.memory.{service}", memory, "MiB", campaign.MemoryBefore.TryGetValue(service, out var before) ? before : null);
        }

        report.Add("fuzz.complaints", findings.Violations.Count, "complaints");
        return findings.Violations.Count;
    }

    int Print(string name, IReadOnlyList<string> found)
    {
        foreach (var violation in found)
        {
            Console.WriteLine($"violation: {violation}");
        }

        report.Add($"fuzz.{name}.violations", found.Count, "violations");
        return found.Count;
    }
});
return await command.Parse(args).InvokeAsync();
