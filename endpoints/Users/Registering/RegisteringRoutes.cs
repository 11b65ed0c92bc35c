using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Registering;

internal static class RegisteringRoutes
{
    public static void MapRegistering(this IEndpointRouteBuilder app) =>
        app.MapPost("/users", RegisterUser.Handle)
            .Describe("registerUser", "Opens an account", new Registration("ann@example.com", "a long password", "Ann"))
            .Refuses(409, "email-taken");
}
