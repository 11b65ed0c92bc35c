namespace ShopSaga.Hosting.Metrics;

/// <summary>The values of a metric with one combination of labels.</summary>
/// <param name="buckets">Upper bounds of a histogram's buckets, inclusive and rising; none for anything else.</param>
internal sealed class MetricSeries(double[] buckets)
{
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[buckets.Length + 1];
    private double _sum;

    public void Add(double value, bool isLastValue)
    {
        lock (_lock)
        {
            _sum = isLastValue ? value : _sum + value;
            _counts[IndexOf(value)]++;
        }
    }

    /// <summary>The sum of all values, or the last one; and how many fell into each bucket, the last having no bound.</summary>
    public (double Sum, IReadOnlyList<(double UpTo, long Count)> Buckets) Read()
    {
        lock (_lock)
        {
            return (_sum, [.. _counts.Select((count, i) => (i < buckets.Length ? buckets[i] : double.PositiveInfinity, count))]);
        }
    }

    private int IndexOf(double value)
    {
        var i = 0;
        while (i < buckets.Length && value > buckets[i])
        {
            i++;
        }

        return i;
    }
}
