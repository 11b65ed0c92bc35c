using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Cancelling;

internal static class CancellingRoutes
{
    public static void MapCancelling(this IEndpointRouteBuilder routes) => routes.MapPost("/orders/{id:long}/cancel", CancelOrder.Handle)
        .Describe("cancelOrder", "Cancels an order. The payment is refunded and the stock released")
        .Refuses(409, "not-cancellable");
}
