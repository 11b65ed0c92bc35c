using System.Diagnostics;
using HdrHistogram;

namespace ShopSaga.Load.Bus;

/// <summary>Latencies in ticks of <see cref="Stopwatch"/>, from a timestamp that travels in a message.</summary>
internal static class LatencyHistogram
{
    private const int SignificantDigits = 3;
    private static readonly long Highest = (long)TimeSpan.FromHours(1).TotalSeconds * Stopwatch.Frequency;

    public static LongConcurrentHistogram Create() => new(1, Highest, SignificantDigits);

    public static void RecordSince(this HistogramBase latencies, long timestamp) =>
        latencies.RecordValue(Stopwatch.GetTimestamp() - timestamp);

    /// <summary>The latency at a percentile in milliseconds.</summary>
    public static double Milliseconds(this HistogramBase latencies, double percentile) =>
        latencies.GetValueAtPercentile(percentile) / OutputScalingFactor.TimeStampToMilliseconds;
}
