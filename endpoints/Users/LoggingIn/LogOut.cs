using Microsoft.AspNetCore.Http.HttpResults;

namespace ShopSaga.Users.LoggingIn;

/// <summary>
/// POST /auth/logout: revokes the refresh tokens of one log-in. Also 204 for an unknown token, which tells a guesser nothing.
/// </summary>
internal static class LogOut
{
    public static async Task<NoContent> Handle(RefreshToken given, Sessions sessions, CancellationToken cancellationToken)
    {
        await sessions.Revoke(given.Value, cancellationToken);
        return TypedResults.NoContent();
    }
}
