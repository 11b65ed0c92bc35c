using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.LoggingIn;

/// <summary>POST /auth/refresh: exchanges a refresh token, once, for a new pair of tokens.</summary>
internal static class Refresh
{
    public static async Task<Results<Ok<TokenPair>, ProblemHttpResult>> Handle(
        RefreshToken given, Sessions sessions, CancellationToken cancellationToken) =>
        await sessions.Refresh(given.Value, cancellationToken) is { } tokens
            ? TypedResults.Ok(tokens)
            : Problems.Unauthenticated("The refresh token is unknown, used, revoked or expired.");
}
