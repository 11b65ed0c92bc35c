using System.Threading.RateLimiting;
using ShopSaga.Hosting;

namespace ShopSaga.Orders.Tracking;

/// <summary>
/// Limits how many streams a user has open at this instance: a stream costs memory and a connection for as long as an order takes.
/// </summary>
internal sealed class StreamLimit : IDisposable
{
    private readonly PartitionedRateLimiter<long> _streamsOfUser;

    /// <summary>Reads <c>Orders:StreamsPerUser</c>, 30 by default.</summary>
    /// <exception cref="InvalidOperationException">It is not a number from 1 to 10,000.</exception>
    public StreamLimit(IConfiguration configuration)
    {
        Max = configuration.Number("Orders:StreamsPerUser", 30, min: 1, max: 10_000);
        _streamsOfUser = PartitionedRateLimiter.Create<long, long>(user => RateLimitPartition.GetConcurrencyLimiter(
            user, _ => new ConcurrencyLimiterOptions { PermitLimit = Max, QueueLimit = 0 }));
    }

    public int Max { get; }

    /// <summary>One of the user's permits until disposed, or null when all are in use.</summary>
    public IDisposable? TryAcquire(long userId)
    {
        var lease = _streamsOfUser.AttemptAcquire(userId);
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        return null;
    }

    public void Dispose() => _streamsOfUser.Dispose();
}
