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
/// <item>When Redis does not answer in time the database does; and because an invalidation may have been lost, this instance does not read
/// the cache again before everything in it has expired.</item>
/// </list>
/// </summary>
internal sealed class ProductCache(RedisConnection redis, TimeProvider time, ILogger<ProductCache> logger)
{
    /// <summary>Longer than any read of the database can take (a command times out after 30 s), so that no slow read outlives a version.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

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

    private long _notBefore;

    private bool Trusted => time.GetUtcNow().UtcTicks >= Volatile.Read(ref _notBefore);

    /// <summary>The product as cached, or as <paramref name="read"/> from the database.</summary>
    public async Task<Product?> Get(long id, Func<Task<Product?>> read)
    {
        if (Trusted && await Cached(id) is { } cached)
        {
            return cached;
        }

        var product = await read();
        if (Trusted && product is not null)
        {
            await Try(cache => Put(cache, id, product.Version, "product", JsonSerializer.Serialize(product)));
        }

        return product;
    }

    /// <summary>To be called by a write that holds the products' row locks, with the versions it is about to commit.</summary>
    public Task Invalidate(IEnumerable<(long Id, long Version)> changed) =>
        Try(cache => Task.WhenAll(changed.Select(product => Put(cache, product.Id, product.Version))));

    private async Task<Product?> Cached(long id)
    {
        Product? product = null;
        await Try(async cache => product = Parse(await cache.HashGetAsync(Key(id), "product")));
        return product;
    }

    private static RedisKey Key(long id) => $"product:{id}";

    private static Product? Parse(RedisValue json) => json.IsNull ? null : JsonSerializer.Deserialize<Product>((string)json!);

    private static Task<RedisResult> Put(IDatabase cache, long id, long version, params RedisValue[] product) =>
        cache.ScriptEvaluateAsync(
            PutUnlessOlder,
            [Key(id)],
            [version, (long)Lifetime.TotalMilliseconds, .. product],
            CommandFlags.NoScriptCache);

    private async Task Try(Func<IDatabase, Task> use)
    {
        try
        {
            await Use().WaitAsync(Patience, time);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException or JsonException)
        {
            Volatile.Write(ref _notBefore, (time.GetUtcNow() + Lifetime).UtcTicks);
            logger.LogWarning(
                ProductEvents.CacheUnavailable,
                "Redis did not answer; products come from the database for {Seconds} s: {Reason}",
                Lifetime.TotalSeconds,
                failure.Message);
        }

        async Task Use() => await use(await redis.Database());
    }
}
