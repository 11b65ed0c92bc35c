using System.Globalization;
using System.Text.Json;
using ShopSaga.Hosting;
using StackExchange.Redis;

namespace ShopSaga.Products.Caching;

/// <summary>
/// A cache of products in Redis, so that a popular page does not cost a query. The database stays the truth
/// (docs/decisions/006-the-product-cache-holds-versions.md):
/// <list type="number">
/// <item>A read that misses reads the database and stores the product with its version.</item>
/// <item>A write stores its new version, without the product, while it still holds the row's lock: before it commits.</item>
/// <item>Nothing replaces a newer version. So a read that began before a write cannot put the old product back, and a client whose write
/// was answered reads the database. The version of a write that rolls back stays for a minute and costs a few queries.</item>
/// <item>When Redis does not answer in time, the database does, and Redis is left alone for a second; after an unanswered invalidation,
/// until every entry has expired, since it may still have the old product.</item>
/// <item>A Redis that comes back empty has lost the versions of writes that have not committed yet. Nothing is stored until those have
/// committed, nor anything whose read took so long that it may be older than a write.</item>
/// <item>Concurrent requests for one product share a read (<see cref="RequestCoalescer{T}"/>).</item>
/// </list>
/// </summary>
internal sealed class ProductCache(RedisConnection redis, TimeProvider time, ILogger<ProductCache> logger)
{
    /// <summary>
    /// Longer than a write can take from its invalidation to its commit, so that no version expires before its write commits.
    /// </summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>
    /// This key marks a Redis that is in use. Where it is missing, Redis is empty: products are stored only after a pause.
    /// </summary>
    internal const string InUseMark = "products:since";

    private const string StartPause = "products:settling";
    private static readonly TimeSpan StartPauseLength = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxRead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Redis runs a script as one step. KEYS: the product. ARGV: version, lifetime in ms, and optionally the field with the product.
    private const string PutUnlessOlder =
        """
        local known = tonumber(redis.call('HGET', KEYS[1], 'version'))
        if known and known > tonumber(ARGV[1]) then return 0 end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'version', ARGV[1], unpack(ARGV, 3))
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return 1
        """;

    // Further KEYS: the mark of a Redis in use, and the pause of one that was empty.
    private static readonly string PutAfterStartPause = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        if redis.call('SET', KEYS[2], '1', 'NX') then redis.call('SET', KEYS[3], '1', 'PX', {StartPauseLength.TotalMilliseconds}) end
        if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
        {PutUnlessOlder}
        """);

    private readonly RequestCoalescer<(Product? Product, CacheResult Result)> _reads = new();
    private readonly Lock _pausing = new();
    private long _notBefore;

    private bool IsTrusted => time.GetUtcNow().UtcTicks >= Volatile.Read(ref _notBefore);

    /// <summary>
    /// The product from the cache, or from <paramref name="read"/>. Other requests may share that read, so it must not be cancelled with
    /// this one.
    /// </summary>
    public async Task<Product?> Get(long id, Func<Task<Product?>> read)
    {
        var (product, result) = await _reads.Read(id, () => Load(id, read));
        CacheMetrics.Count(result);
        return product;
    }

    /// <summary>Called by a write that holds the products' row locks, with the versions that it is about to commit.</summary>
    public Task Invalidate(IEnumerable<(long Id, long Version)> changed) =>
        Try(
            async cache => await Task.WhenAll(changed.Select(product => cache.ScriptEvaluateAsync(
                PutUnlessOlder, [Key(product.Id)], [product.Version, (long)Lifetime.TotalMilliseconds], CommandFlags.NoScriptCache))),
            pause: Lifetime);

    private async Task<(Product? Product, CacheResult Result)> Load(long id, Func<Task<Product?>> read)
    {
        if (!IsTrusted)
        {
            return (await read(), CacheResult.Bypass);
        }

        if (await Try(async cache => Parse(await cache.HashGetAsync(Key(id), "product")), Pause) is { } cached)
        {
            return (cached, CacheResult.Hit);
        }

        var result = IsTrusted ? CacheResult.Miss : CacheResult.Bypass;
        var began = time.GetTimestamp();
        var product = await read();
        if (product is not null && IsTrusted && time.GetElapsedTime(began) < MaxRead)
        {
            await Try(cache => Store(cache, product), Pause);
        }

        return (product, result);
    }

    private static RedisKey Key(long id) => $"product:{id}";

    private static Product? Parse(RedisValue json) => json.IsNull ? null : JsonSerializer.Deserialize<Product>((string)json!);

    private static Task<RedisResult> Store(IDatabase cache, Product product) => cache.ScriptEvaluateAsync(
        PutAfterStartPause,
        [Key(product.Id), InUseMark, StartPause],
        [product.Version, (long)Lifetime.TotalMilliseconds, "product", JsonSerializer.Serialize(product)],
        CommandFlags.NoScriptCache);

    private async Task<T?> Try<T>(Func<IDatabase, Task<T>> use, TimeSpan pause)
    {
        try
        {
            return await Use().WaitAsync(Timeout, time);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException or JsonException)
        {
            // The client itself may throw JsonException while it has no connection.
            Distrust(pause, failure);
            return default;
        }

        async Task<T> Use() => await use(await redis.Database());
    }

    private void Distrust(TimeSpan pause, Exception failure)
    {
        lock (_pausing)
        {
            if (IsTrusted)
            {
                logger.LogWarning(
                    LogEvents.CacheUnavailable, "Redis does not answer, so products are read from the database: {Reason}", failure.Message);
            }

            Volatile.Write(ref _notBefore, Math.Max(_notBefore, (time.GetUtcNow() + pause).UtcTicks));
        }
    }
}
