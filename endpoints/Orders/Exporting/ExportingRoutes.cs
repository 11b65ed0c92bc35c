using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Exporting;

internal static class ExportingRoutes
{
    public static void MapExporting(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/orders/export", ExportOrders.Handle)
            .Describe("exportOrders", "All that Orders holds of the caller");
}
