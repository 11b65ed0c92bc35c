using ShopSaga.Hosting.Http;

namespace ShopSaga.Operations.Watching;

/// <summary>The routes that show the services.</summary>
internal static class WatchingRoutes
{
    public static void AddWatching(this WebApplicationBuilder builder)
    {
        var instances = new ServiceInstances(builder.Configuration);
        builder.Services.AddSingleton(instances);
        builder.Services.AddSingleton<InstanceProbe>();
    }

    public static void MapWatching(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("services", ReadServices.Handle).Describe("readServices", "The health of every instance of every service");
        routes.MapGet("outboxes", ReadGauges.Outboxes).Describe("readOutboxes", "What each service's outbox has not dispatched");
        routes.MapGet("open-orders", ReadGauges.OpenOrders).Describe("readOpenOrders", "Orders that are not final, by age");
    }
}
