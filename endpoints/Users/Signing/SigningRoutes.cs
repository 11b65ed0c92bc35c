using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Signing;

internal static class SigningRoutes
{
    public static void MapSigning(this IEndpointRouteBuilder app) =>
        app.MapGet("/.well-known/jwks.json", PublicKeys.Handle)
            .Describe("readKeys", "The public keys that access tokens are verified with (RFC 7517)")
            .Produces<PublicKeySet>(200, "application/jwk-set+json");
}
