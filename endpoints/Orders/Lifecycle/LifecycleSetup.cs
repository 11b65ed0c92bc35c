using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>Registers the saga and what it needs.</summary>
internal static class LifecycleSetup
{
    /// <exception cref="InvalidOperationException">The expiry is configured wrongly; the message says what to set.</exception>
    public static void AddLifecycle(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(ExpiryPolicy.From(builder.Configuration));
        builder.Services.AddSingleton<StatusNotifications>();
        builder.Services.AddDatabaseGauge(OrderMetrics.Open);
    }
}
