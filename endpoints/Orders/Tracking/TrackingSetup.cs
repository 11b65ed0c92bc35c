using ShopSaga.Hosting;

namespace ShopSaga.Orders.Tracking;

internal static class TrackingSetup
{
    public static WebApplicationBuilder AddTracking(this WebApplicationBuilder builder)
    {
        var redis = new RedisConnection(builder.Configuration.Required("ConnectionStrings:Redis"));
        builder.Services.AddSingleton(_ => redis);
        var limit = new StreamLimit(builder.Configuration);
        builder.Services.AddSingleton(_ => limit);
        builder.Services.AddSingleton<OrderTracker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<OrderTracker>());
        builder.Services.AddSingleton<TrackOrder>();
        return builder;
    }
}
