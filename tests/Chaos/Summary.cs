using ShopSaga.Chaos.Shopping;
using Spectre.Console;

namespace ShopSaga.Chaos;

/// <summary>Prints and writes the figures of a campaign.</summary>
internal static class Summary
{
    public static void Print(
        ClientRecord record, IReadOnlyList<PastFault> faults, IReadOnlyList<string> broken, TimeSpan duration, string output)
    {
        var report = new Report();
        report.Add("chaos.seconds", duration.TotalSeconds, "s");
        report.Add("chaos.orders", record.Orders.Count, "orders");
        report.Add("chaos.requests", record.Requests, "requests");
        report.Add("chaos.streams.broken", record.BrokenStreams, "streams");
        report.Add("chaos.faults", faults.Count, "faults");
        report.Add("chaos.failed", record.Failures.Values.Sum(), "requests");
        foreach (var how in record.Failures.GroupBy(failure => failure.Key.How).OrderBy(how => how.Key, StringComparer.Ordinal))
        {
            report.Add($"chaos.failed.{how.Key.Replace(' ', '-')}", how.Sum(failure => failure.Value), "requests");
        }

        var table = new Table().AddColumns("fault", "times", "recovery: median", "worst", "requests failed");
        foreach (var kind in faults.GroupBy(fault => fault.Fault.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            var times = kind.Select(fault => fault.Recovery?.TotalSeconds).OfType<double>().Order().ToList();
            var name = kind.Key.Replace(' ', '-').ToLowerInvariant();
            report.Add($"chaos.faults.{name}", kind.Count(), "faults");
            if (times.Count > 0)
            {
                report.Add($"chaos.recovery.{name}.p50", times[times.Count / 2], "s");
                report.Add($"chaos.recovery.{name}.max", times[^1], "s");
            }

            // Those of a round belong to each of its kinds.
            var failures = record.Failures.Where(failure => failure.Key.Fault.Split(" and ").Contains(kind.Key))
                .GroupBy(failure => failure.Key.How).Select(how => $"{how.Sum(failure => failure.Value)} {how.Key}");
            table.AddRow(
                Markup.Escape(kind.Key),
                $"{kind.Count()}",
                times.Count > 0 ? $"{times[times.Count / 2]:0.0} s" : "",
                times.Count > 0 ? $"{times[^1]:0.0} s" : "",
                string.Join(", ", failures));
        }

        report.Add("chaos.broken-promises", broken.Count, "promises");
        AnsiConsole.Write(table);
        report.Write(output);
        foreach (var promise in broken)
        {
            Console.WriteLine($"broken: {promise}");
        }
    }
}
