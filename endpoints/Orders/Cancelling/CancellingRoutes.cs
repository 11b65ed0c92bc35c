using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Cancelling;

/// <summary>The route that cancels an order.</summary>
internal static class CancellingRoutes
{
    public static void MapCancelling(this IEndpointRouteBuilder routes) => routes.MapPost("/orders/{id:long}/cancel", CancelOrder.Handle)
        .Describe("cancelOrder", "Cancels an order; money and stock come back by themselves")
        .Refuses(409, "not-cancellable");
}
