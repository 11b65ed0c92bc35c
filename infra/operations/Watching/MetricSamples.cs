using System.Globalization;
using System.Text.RegularExpressions;

namespace ShopSaga.Operations.Watching;

/// <summary>Reads samples from Prometheus text.</summary>
internal static partial class MetricSamples
{
    /// <summary>The values of a metric, each with the value of one label; an empty text where the sample lacks it.</summary>
    public static IEnumerable<(string Label, double Value)> Of(string text, string metric, string label = "")
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(metric, StringComparison.Ordinal)
                && Sample().Match(line) is { Success: true } sample
                && sample.Groups["name"].Value == metric
                && double.TryParse(sample.Groups["value"].Value, CultureInfo.InvariantCulture, out var value))
            {
                var labels = Label().Matches(sample.Groups["labels"].Value)
                    .FirstOrDefault(each => each.Groups["name"].Value == label);
                yield return (labels?.Groups["value"].Value ?? "", value);
            }
        }
    }

    // shopsaga_orders_open{otel_scope_name="ShopSaga.Database",age="under 10 s"} 3 1764464466000
    [GeneratedRegex("""^(?<name>\w+)(\{(?<labels>([^"}]|"[^"]*")*)\})? (?<value>\S+)""")]
    private static partial Regex Sample();

    [GeneratedRegex(@"(?<name>\w+)=""(?<value>[^""]*)""")]
    private static partial Regex Label();
}
