using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Placing;

/// <summary>The route that places an order from a body.</summary>
internal static class PlacingRoutes
{
    public static void MapPlacing(this IEndpointRouteBuilder routes) => routes.MapPost("/orders", PlaceOrder.Handle)
        .Describe("placeOrder", "Places an order", new OrderBody("CARD", Lines: [new OrderBodyLine(1, 2)]))
        .TakesPlacingHeaders()
        .Refuses(402, "payment-declined")
        .Refuses(409, "out-of-stock", "in-progress", "conflict")
        .Refuses(422, "idempotency-key-reused")
        .Refuses(503, "overloaded");

    /// <summary>Describes the headers of a <see cref="PlacingRequest"/> and of its response.</summary>
    public static RouteHandlerBuilder TakesPlacingHeaders(this RouteHandlerBuilder route) => route
        .TakesHeader(
            PlacingRequest.KeyHeader, "1 to 255 visible ASCII characters. For 24 hours, the same key and body return the same order.")
        .TakesHeader(PlacingRequest.PreferHeader, "wait=N: wait up to N seconds, 30 at the most, for the outcome.")
        .ReturnsHeader("Preference-Applied", "Present when the response has waited.");
}
