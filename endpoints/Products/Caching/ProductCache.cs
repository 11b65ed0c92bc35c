using System.Globalization;
using System.Text.Json;
using ShopSaga.Hosting;
using ShopSaga.Products.Catalogue;
using StackExchange.Redis;

namespace ShopSaga.Products.Caching;

/// <summary>
/// Products as last read, in Redis, so that a popular page does not cost a query. The database stays the truth:
/// <list type="number">
/// <item>A read that finds nothing reads the database and puts what it found into the cache, with its version.</item>
/// <item>A write puts its new version there, without the product, while it still holds the row's lock: before it commits.</item>
/// <item>Nothing replaces a newer version. So a read that began before the write cannot put the old product back, and whoever saw the write
/// answered reads the database. When the write rolls back, the version alone stays for a while and costs a few queries, nothing else.</item>
/// <item>When Redis does not answer in time the database does, and Redis is not asked again for a moment; for as long as anything in it
/// lives when it was a write that was not answered, because then it may still have the old product.</item>
/// <item>Redis that comes back empty has forgotten the versions of writes that have not committed yet. Nothing is put into it until those
/// are through; and nothing that took so long to read that it may be from before.</item>
/// <item>Many who ask for a product at the same moment share a read (<see cref="SharedReads{T}"/>).</item>
/// </list>
/// </summary>
internal sealed class ProductCache(RedisConnection redis, TimeProvider time, ILogger<ProductCache> logger)
{
    /// <summary>Longer than any write can take between its invalidation and its commit, so that no slow one outlives its version.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>In an empty Redis stands since when it is used; that much later products are put into it.</summary>
    internal const string Since = "products:since";

    private const string Settling = "products:settling";
    private static readonly TimeSpan SettlesIn = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Evaluated in Redis as one step. KEYS: the product. ARGV: version, lifetime in ms, and optionally the field with the product.
    private const string PutUnlessOlder =
        """
        local known = tonumber(redis.call('HGET', KEYS[1], 'version'))
        if known and known > tonumber(ARGV[1]) then return 0 end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'version', ARGV[1], unpack(ARGV, 3))
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return 1
        """;

    // Further KEYS: since when, and whether it still settles.
    private static readonly string PutWhenSettled = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        if redis.call('SET', KEYS[2], '1', 'NX') then redis.call('SET', KEYS[3], '1', 'PX', {SettlesIn.TotalMilliseconds}) end
        if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
        {PutUnlessOlder}
        """);

    private readonly SharedReads<(Product? Product, CacheResult Result)> _reads = new();
    private readonly Lock _pausing = new();
    private long _notBefore;

    private bool Trusted => time.GetUtcNow().UtcTicks >= Volatile.Read(ref _notBefore);

    /// <summary>
    /// The product as cached, or as <paramref name="read"/> from the database. Others may share that read: it must not end with this request.
    /// </summary>
    public async Task<Product?> Get(long id, Func<Task<Product?>> read)
    {
        var (product, result) = await _reads.Read(id, () => Load(id, read));
        CacheMetrics.Count(result);
        return product;
    }

    /// <summary>To be called by a write that holds the products' row locks, with the versions it is about to commit.</summary>
    public Task Invalidate(IEnumerable<(long Id, long Version)> changed) =>
        Try(
            async cache => await Task.WhenAll(changed.Select(product => cache.ScriptEvaluateAsync(
                PutUnlessOlder, [Key(product.Id)], [product.Version, (long)Lifetime.TotalMilliseconds], CommandFlags.NoScriptCache))),
            pause: Lifetime);

    private async Task<(Product? Product, CacheResult Result)> Load(long id, Func<Task<Product?>> read)
    {
        if (!Trusted)
        {
            return (await read(), CacheResult.Bypass);
        }

        if (await Try(async cache => Parse(await cache.HashGetAsync(Key(id), "product")), Pause) is { } cached)
        {
            return (cached, CacheResult.Hit);
        }

        var result = Trusted ? CacheResult.Miss : CacheResult.Bypass;
        var began = time.GetTimestamp();
        var product = await read();
        if (product is not null && Trusted && time.GetElapsedTime(began) < LongestRead)
        {
            await Try(cache => Keep(cache, product), Pause);
        }

        return (product, result);
    }

    private static RedisKey Key(long id) => $"product:{id}";

    private static Product? Parse(RedisValue json) => json.IsNull ? null : JsonSerializer.Deserialize<Product>((string)json!);

    private static Task<RedisResult> Keep(IDatabase cache, Product product) => cache.ScriptEvaluateAsync(
        PutWhenSettled,
        [Key(product.Id), Since, Settling],
        [product.Version, (long)Lifetime.TotalMilliseconds, "product", JsonSerializer.Serialize(product)],
        CommandFlags.NoScriptCache);

    private async Task<T?> Try<T>(Func<IDatabase, Task<T>> use, TimeSpan pause)
    {
        try
        {
            return await Use().WaitAsync(Patience, time);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException or JsonException)
        {
            // The last one comes out of the client itself, in a moment in which it has no connection.
            Distrust(pause, failure);
            return default;
        }

        async Task<T> Use() => await use(await redis.Database());
    }

    private void Distrust(TimeSpan pause, Exception failure)
    {
        lock (_pausing)
        {
            if (Trusted)
            {
                logger.LogWarning(LogEvents.CacheUnavailable, "Products come from the database, Redis does not answer: {Reason}", failure.Message);
            }

            Volatile.Write(ref _notBefore, Math.Max(_notBefore, (time.GetUtcNow() + pause).UtcTicks));
        }
    }
}
