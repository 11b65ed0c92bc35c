using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.LoggingIn;

/// <summary>POST /auth/refresh: a refresh token for a new pair, once.</summary>
internal static class Refresh
{
    public static async Task<Results<Ok<TokenPair>, ProblemHttpResult>> Handle(
        RefreshToken given, Sessions sessions, CancellationToken cancellationToken) =>
        await sessions.Continue(given.Value, cancellationToken) is { } tokens
            ? TypedResults.Ok(tokens)
            : Problems.Unauthenticated("The refresh token is unknown, used, revoked or too old.");
}
