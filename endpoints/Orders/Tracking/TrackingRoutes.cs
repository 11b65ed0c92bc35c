using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Orders.Tracking;

/// <summary>The routes that show an order: now, live and in the past.</summary>
internal static class TrackingRoutes
{
    public static void MapTracking(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/orders", ListOrders.Handle)
            .Describe("listOrders", "The caller's orders, newest first")
            .TakesOneOf("status", "Only orders in this status.", Enum.GetNames<OrderStatus>());
        routes.MapGet("/orders/{id:long}", ReadOrder.Handle)
            .Describe("readOrder", "An order");
        routes.MapGet("/orders/{id:long}/history", ReadHistory.Handle)
            .Describe("readHistory", "What happened to an order, oldest first");
        routes.MapGet("/orders/{id:long}/events", TrackOrder.Handle)
            .Describe("followOrder", "The order now and at every change, as server-sent events, until it is final")
            .TakesHeader("Last-Event-ID", "The id of the last event seen: what came after it is sent.")
            .Refuses(429);
    }
}
