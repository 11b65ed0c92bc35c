using ShopSaga.Web.Sessions;

namespace ShopSaga.Web.Customer;

/// <summary>POST /account/logout: ends the session, here and at Users.</summary>
internal static class SessionRoutes
{
    public static void MapSessions(this IEndpointRouteBuilder app) =>
        app.MapPost("/account/logout", async (HttpContext http, ShopApi api, [Microsoft.AspNetCore.Mvc.FromForm] string? _) =>
        {
            await http.LogOut(api);
            return TypedResults.LocalRedirect("/shop");
        });
}
