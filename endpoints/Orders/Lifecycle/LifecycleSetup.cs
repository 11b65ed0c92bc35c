using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Orders.Lifecycle;

internal static class LifecycleSetup
{
    /// <summary>Registers the services that move orders.</summary>
    /// <exception cref="InvalidOperationException">A time is configured wrongly; the message says what to set.</exception>
    public static WebApplicationBuilder AddLifecycle(this WebApplicationBuilder builder)
    {
        var expiry = ExpiryPolicy.From(builder.Configuration);
        builder.Services.AddSingleton(expiry);
        builder.Services.AddSingleton(OverduePolicy.From(builder.Configuration, expiry));
        builder.Services.AddHostedService<OverdueOrders>();
        builder.Services.AddSingleton<StatusNotifications>();
        builder.Services.AddDatabaseGauge(OrderMetrics.Open);
        return builder;
    }
}
