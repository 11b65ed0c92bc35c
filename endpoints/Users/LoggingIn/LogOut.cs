using Microsoft.AspNetCore.Http.HttpResults;

namespace ShopSaga.Users.LoggingIn;

/// <summary>POST /auth/logout: what one log-in gave out is refreshed no more.</summary>
internal static class LogOut
{
    public static async Task<NoContent> Handle(RefreshToken given, Sessions sessions, CancellationToken cancellationToken)
    {
        await sessions.End(given.Value, cancellationToken);
        return TypedResults.NoContent();
    }
}
