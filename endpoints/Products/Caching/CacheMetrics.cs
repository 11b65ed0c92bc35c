using System.Diagnostics.Metrics;

namespace ShopSaga.Products.Caching;

/// <summary>The metrics of the product cache, under the meter <c>ShopSaga.Products</c>.</summary>
internal static class CacheMetrics
{
    private static readonly Meter Meter = new("ShopSaga.Products");
    private static readonly Counter<long> Reads = Meter.CreateCounter<long>(
        "shopsaga.product_cache.reads", "{read}", "Reads of a product, by result: hit, miss, or bypass while Redis is not trusted.");

    private static long _hits;
    private static long _all;

    static CacheMetrics() => Meter.CreateObservableGauge(
        "shopsaga.product_cache.hit_ratio",
        () => Volatile.Read(ref _all) is var total and > 0 ? (double)Volatile.Read(ref _hits) / total : 0,
        "1",
        "The share of all reads since the start that Redis answered.");

    public static void Count(CacheResult result)
    {
        Interlocked.Increment(ref _all);
        if (result is CacheResult.Hit)
        {
            Interlocked.Increment(ref _hits);
        }

        Reads.Add(1, new KeyValuePair<string, object?>("result", NameOf(result)));
    }

    private static string NameOf(CacheResult result) => result switch
    {
        CacheResult.Hit => "hit",
        CacheResult.Miss => "miss",
        _ => "bypass",
    };
}

/// <summary>How a read was served.</summary>
internal enum CacheResult
{
    /// <summary>The product was in the cache.</summary>
    Hit,

    /// <summary>The product came from the database.</summary>
    Miss,

    /// <summary>The cache was not asked or did not answer.</summary>
    Bypass,
}
