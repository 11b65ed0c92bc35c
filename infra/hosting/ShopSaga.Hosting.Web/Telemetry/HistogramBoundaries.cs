using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace ShopSaga.Hosting.Telemetry;

/// <summary>
/// Boundaries for histograms in seconds that advise none, such as those of the bus. OpenTelemetry's default (0, 5, 10 … 10,000) is meant
/// for milliseconds and would put nearly every message into the first bucket.
/// </summary>
internal static class HistogramBoundaries
{
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60];

    /// <summary>The view for an instrument; null leaves it as it is.</summary>
    public static MetricStreamConfiguration? Of(Instrument instrument) => instrument is Histogram<double> { Unit: "s", Advice: null }
        ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds }
        : null;
}
