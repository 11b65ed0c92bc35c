using System.Text.Json;
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
/// </list>
/// </summary>
internal sealed class ProductCache(RedisConnection redis, TimeProvider time, ILogger<ProductCache> logger)
{
    /// <summary>Longer than any read of the database can take (a command times out after 30 s), so that no slow read outlives a version.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

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

    private readonly Lock _pausing = new();
    private long _notBefore;

    private bool Trusted => time.GetUtcNow().UtcTicks >= Volatile.Read(ref _notBefore);

    /// <summary>The product as cached, or as <paramref name="read"/> from the database.</summary>
    public async Task<Product?> Get(long id, Func<Task<Product?>> read)
    {
        if (Trusted && await Try(async cache => Parse(await cache.HashGetAsync(Key(id), "product")), Pause) is { } cached)
        {
            return cached;
        }

        var product = await read();
        if (Trusted && product is not null)
        {
            await Try(cache => Put(cache, id, product.Version, "product", JsonSerializer.Serialize(product)), Pause);
        }

        return product;
    }

    /// <summary>To be called by a write that holds the products' row locks, with the versions it is about to commit.</summary>
    public Task Invalidate(IEnumerable<(long Id, long Version)> changed) =>
        Try(cache => Task.WhenAll(changed.Select(product => Put(cache, product.Id, product.Version))), pause: Lifetime);

    private static RedisKey Key(long id) => $"product:{id}";

    private static Product? Parse(RedisValue json) => json.IsNull ? null : JsonSerializer.Deserialize<Product>((string)json!);

    private static Task<RedisResult> Put(IDatabase cache, long id, long version, params RedisValue[] product) =>
        cache.ScriptEvaluateAsync(
            PutUnlessOlder,
            [Key(id)],
            [version, (long)Lifetime.TotalMilliseconds, .. product],
            CommandFlags.NoScriptCache);

    private async Task<T?> Try<T>(Func<IDatabase, Task<T>> use, TimeSpan pause)
    {
        try
        {
            return await Use().WaitAsync(Patience, time);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException or JsonException)
        {
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
