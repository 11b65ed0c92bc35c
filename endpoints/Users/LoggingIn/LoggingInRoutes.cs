using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.LoggingIn;

internal static class LoggingInRoutes
{
    public static void MapLoggingIn(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("/auth");
        routes.MapPost("login", LogIn.Handle)
            .Describe(
                "logIn",
                "Gives a pair of tokens for an e-mail address and its password",
                new Credentials("ann@example.com", "a long password"))
            .Refuses(401);
        routes.MapPost("refresh", Refresh.Handle)
            .Describe("refreshTokens", "Gives a new pair of tokens for a refresh token, once", new RefreshToken("M3rR0h…"))
            .Refuses(401);
        routes.MapPost("logout", LogOut.Handle)
            .Describe("logOut", "Revokes the tokens of one log-in", new RefreshToken("M3rR0h…"));
    }
}
