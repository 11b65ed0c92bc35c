using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Viewing;

internal static class ViewingRoutes
{
    public static void MapViewing(this IEndpointRouteBuilder app)
    {
        app.MapGet("/payments", ViewPayments.List).RequireUser()
            .Describe("listPayments", "The caller's payments, newest first; administrators see all")
            .TakesNumber("orderId", "Only the payment of this order.");
        app.MapGet("/payments/{id:long}", ViewPayments.Read).RequireUser()
            .Describe("readPayment", "A payment");
    }
}
