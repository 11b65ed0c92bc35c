using System.Threading.RateLimiting;

namespace ShopSaga.Gateway.Limiting;

/// <summary>
/// A token bucket for each key (a user, an address, an account). A key can spend its whole quota at once; tokens are refilled evenly over
/// the window. Full buckets are dropped.
/// </summary>
internal sealed class RateLimit : IDisposable
{
    // PartitionedRateLimiter refills its buckets every 100 ms.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private readonly PartitionedRateLimiter<string> _buckets;
    private readonly Quota _quota;

    public RateLimit(string name, Quota quota)
    {
        (Name, _quota) = (name, quota);
        var tokens = (int)Math.Ceiling(quota.Requests * (Tick / quota.Window));
        var options = new TokenBucketRateLimiterOptions
        {
            TokenLimit = quota.Requests,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = quota.Window * tokens / quota.Requests,
            AutoReplenishment = false,
            QueueLimit = 0,
        };
        _buckets = PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => options));
    }

    public string Name { get; }

    /// <summary>Takes one request from the key's quota.</summary>
    /// <param name="key">The user, address or account.</param>
    /// <param name="retryAfter">Whole seconds until the key has a request left, when it has none now.</param>
    public bool TryTake(string key, out int retryAfter)
    {
        using var lease = _buckets.AttemptAcquire(key);
        lease.TryGetMetadata(MetadataName.RetryAfter, out var wait);
        retryAfter = (int)Math.Ceiling((wait + Tick).TotalSeconds);
        return lease.IsAcquired;
    }

    /// <summary>
    /// The quota and what the key has left of it, in the form of draft-ietf-httpapi-ratelimit-headers-10 (sections 3 and 4: q, w, r, t; in
    /// seconds).
    /// </summary>
    public (string Policy, string State) Describe(string key)
    {
        var left = _buckets.GetStatistics(key)!.CurrentAvailablePermits;
        var untilFull = Math.Ceiling((_quota.Requests - left) * _quota.Window.TotalSeconds / _quota.Requests);
        return ($"\"{Name}\";q={_quota.Requests};w={_quota.Window.TotalSeconds}", $"\"{Name}\";r={left};t={untilFull}");
    }

    public void Dispose() => _buckets.Dispose();
}
