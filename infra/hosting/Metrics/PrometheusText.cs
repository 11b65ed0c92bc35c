using System.Globalization;
using System.Text;

namespace ShopSaga.Hosting.Metrics;

/// <summary>
/// The text that Prometheus reads, version 0.0.4:
/// <code>
///   # HELP name what it is
///   # TYPE name counter
///   name{label="value"} 3
/// </code>
/// A histogram has a line for each bucket, cumulative, one for the sum and one for the count. Names have their unit and, for counters, <c>_total</c> at
/// the end.
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families.OrderBy(family => family.Name, StringComparer.Ordinal))
        {
            // An instrument that has measured nothing has no series; a bare header would only look like a mistake.
            var series = family.Series.Select(entry => (Labels: LabelsOf(entry.Labels), entry.Series)).OrderBy(entry => entry.Labels, StringComparer.Ordinal).ToList();
            if (series.Count == 0)
            {
                continue;
            }

            if (family.Help is { Length: > 0 } help)
            {
                text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escaped(help)).Append('\n');
            }

            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(KindName(family.Kind)).Append('\n');
            foreach (var (labels, values) in series)
            {
                Write(text, family, labels, values);
            }
        }

        return text.ToString();
    }

    /// <summary>The metric's name: <c>http.server.request.duration</c> in seconds becomes <c>http_server_request_duration_seconds</c>.</summary>
    public static string NameOf(string instrument, string? unit, MetricKind kind)
    {
        var name = Sanitized(instrument);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        name = name.EndsWith(suffix, StringComparison.Ordinal) ? name : name + suffix;
        return kind != MetricKind.Counter || name.EndsWith("_total", StringComparison.Ordinal) ? name : name + "_total";
    }

    private static void Write(StringBuilder text, MetricFamily family, string labels, MetricSeries series)
    {
        var (sum, buckets) = series.Read();
        if (family.Kind != MetricKind.Histogram)
        {
            Line(text, family.Name, labels, sum);
            return;
        }

        var count = 0L;
        foreach (var (upTo, inBucket) in buckets)
        {
            count += inBucket;
            var bound = $"le=\"{Number(upTo)}\"";
            Line(text, family.Name + "_bucket", labels.Length == 0 ? bound : $"{labels},{bound}", count);
        }

        Line(text, family.Name + "_sum", labels, sum);
        Line(text, family.Name + "_count", labels, count);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>Labels without a value are left out: to Prometheus they are the same as none.</summary>
    private static string LabelsOf(KeyValuePair<string, object?>[] labels) => string.Join(
        ',',
        from label in labels
        let value = Text(label.Value)
        where value.Length > 0
        select $"{Sanitized(label.Key)}=\"{Escaped(value).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Sanitized(string name)
    {
        var sanitized = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return sanitized.Length == 0 || char.IsAsciiDigit(sanitized[0]) ? "_" + sanitized : sanitized;
    }

    private static string KindName(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",
        _ => "gauge",
    };
}
