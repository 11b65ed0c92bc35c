using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Closing;

internal static class ClosingRoutes
{
    public static void MapClosing(this IEndpointRouteBuilder app)
    {
        var settlements = app.MapGroup("/settlements").RequireAdmin();
        settlements.MapPost("daily/{date}/close", DailyClosing.Handle)
            .Describe("closeDay", "Closes a past day, once")
            .Refuses(400)
            .Refuses(409, "conflict");
        settlements.MapPost("monthly/{yearMonth}/close", MonthlyClosing.Handle)
            .Describe("closeMonth", "Closes a month that is over, once")
            .Refuses(400)
            .Refuses(409, "conflict");
    }
}
