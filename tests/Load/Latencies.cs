using System.Collections.Concurrent;
using System.Diagnostics;

namespace ShopSaga.Load;

/// <summary>How long things took, from a timestamp that travels in a message.</summary>
internal sealed class Latencies
{
    private readonly ConcurrentBag<double> _milliseconds = [];

    public void Add(long since) => _milliseconds.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);

    /// <summary>In milliseconds.</summary>
    public double Percentile(double percent)
    {
        var sorted = _milliseconds.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * percent / 100))];
    }
}
