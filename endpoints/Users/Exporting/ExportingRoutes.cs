using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Exporting;

internal static class ExportingRoutes
{
    public static void MapExporting(this IEndpointRouteBuilder app) =>
        app.MapGet("/users/me/export", ExportAccount.Handle).RequireUser()
            .Describe("exportAccount", "All that Users holds of the caller")
            .Refuses(404);
}
