using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Refunding;

internal static class RefundingRoutes
{
    public static void MapRefunding(this IEndpointRouteBuilder app) => app.MapPost("/payments/{id:long}/cancel", CancelPayment.Handle)
        .RequireAdmin()
        .Describe("cancelPayment", "Refunds the payment and cancels its order")
        .Refuses(409, "not-cancellable");
}
