using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Products.Announcing;

internal static class AnnouncingRoutes
{
    public static void MapAnnouncing(this IEndpointRouteBuilder app) =>
        app.MapPost("/internal/catalogue/announcements", AnnounceAgain.Handle).RequireAdmin().ExcludeFromDescription();
}
