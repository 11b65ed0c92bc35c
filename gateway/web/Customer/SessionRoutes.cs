using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc;
using ShopSaga.Web.Api;
using ShopSaga.Web.Sessions;

namespace ShopSaga.Web.Customer;

/// <summary>
/// POST /account/logout ends the session, here and at Users. GET /account/export gives all that the shop holds of its owner.
/// </summary>
internal static class SessionRoutes
{
    public static void MapSessions(this IEndpointRouteBuilder app)
    {
        app.MapPost("/account/logout", async (HttpContext http, ShopApi api, [FromForm] string? returnUrl) =>
        {
            await http.LogOut(api);
            return TypedResults.LocalRedirect(Shared.Preferences.Local(returnUrl ?? "/shop"));
        });
        app.MapGet("/account/export", Export).RequireAuthorization();
    }

    private static async Task<IResult> Export(ShopApi api)
    {
        var account = await api.Call(ApiRoutes.ExportAccount);
        var orders = await api.Call(ApiRoutes.ExportOrders);
        return account.Value is { } fromUsers && orders.Value is { } fromOrders
            ? TypedResults.File(
                System.Text.Encoding.UTF8.GetBytes(
                    new JsonObject { ["users"] = fromUsers, ["orders"] = fromOrders }.ToJsonString(new() { WriteIndented = true })),
                "application/json",
                "shopsaga-my-data.json")
            : TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }
}
