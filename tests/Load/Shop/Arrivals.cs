using HdrHistogram;

namespace ShopSaga.Load.Shop;

/// <summary>An order that was due at a moment.</summary>
/// <param name="Due">The moment.</param>
/// <param name="Latency">The time from then until it was final, or null if the shop refused it.</param>
internal sealed record Arrival(DateTime Due, TimeSpan? Latency);

/// <summary>Orders that arrived by a schedule.</summary>
internal sealed record Arrivals(IReadOnlyList<Arrival> All)
{
    public int Refused => All.Count(arrival => arrival.Latency is null);

    public int Accepted => All.Count - Refused;

    /// <summary>The latencies of accepted orders in microseconds.</summary>
    public LongHistogram Latencies() => Histogram(All);

    /// <summary>
    /// How long after a moment the last second ended in which orders were refused or took long: at the median, more than twice as long as
    /// those of the second half.
    /// </summary>
    public TimeSpan NormalAfter(DateTime moment)
    {
        var max = 2 * Histogram(All.Skip(All.Count / 2)).GetValueAtPercentile(50);
        var last = All.GroupBy(arrival => (int)(arrival.Due - moment).TotalSeconds)
            .Where(second => second.Any(arrival => arrival.Latency is null) || Histogram(second).GetValueAtPercentile(50) > max)
            .Select(second => second.Key + 1)
            .DefaultIfEmpty(0)
            .Max();
        return TimeSpan.FromSeconds(last);
    }

    private static LongHistogram Histogram(IEnumerable<Arrival> arrivals)
    {
        var histogram = new LongHistogram(1, (long)TimeSpan.FromHours(1).TotalMicroseconds, 3);
        foreach (var latency in arrivals.Select(arrival => arrival.Latency).OfType<TimeSpan>())
        {
            histogram.RecordValue(Math.Max(1, (long)latency.TotalMicroseconds));
        }

        return histogram;
    }
}
