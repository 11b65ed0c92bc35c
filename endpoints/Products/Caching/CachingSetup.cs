using ShopSaga.Hosting;

namespace ShopSaga.Products.Caching;

internal static class CachingSetup
{
    /// <summary>Registers <see cref="ProductCache"/> on the Redis of <c>ConnectionStrings:Redis</c>.</summary>
    public static void AddProductCache(this WebApplicationBuilder builder)
    {
        // Created now, so that a wrong address fails the start; registered by a factory, so that the container disposes it.
        var redis = new RedisConnection(builder.Configuration.Required("ConnectionStrings:Redis"));
        builder.Services.AddSingleton(_ => redis);
        builder.Services.AddSingleton<ProductCache>();
    }
}
