using ShopSaga.Hosting;
using ShopSaga.Products.Caching;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>
/// A part of Redis for the tests of Products alone. Each of them has a database of its own, with the same product ids, so it starts without
/// products; but as one that has been in use for long.
/// </summary>
internal static class TestRedis
{
    public static string Address => $"{TestServers.Redis},defaultDatabase=2,allowAdmin=true";

    public static async Task Clear()
    {
        using var redis = new RedisConnection(Address);
        var database = await redis.Database();
        await database.ExecuteAsync("FLUSHDB");
        await database.StringSetAsync(ProductCache.InUseMark, "1");
    }
}
