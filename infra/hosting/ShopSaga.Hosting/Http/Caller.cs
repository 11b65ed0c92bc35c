using System.Globalization;
using System.Reflection;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace ShopSaga.Hosting.Http;

/// <summary>The caller, from the validated access token. Route parameters of this type are bound automatically.</summary>
/// <param name="UserId">The claim <c>sub</c> (RFC 7519 section 4.1.2).</param>
/// <param name="IsAdmin">Whether the claim <c>role</c> is <c>admin</c>.</param>
public sealed record Caller(long UserId, bool IsAdmin)
{
    /// <summary>Whether the caller may see what belongs to <paramref name="ownerId"/>.</summary>
    public bool MaySee(long ownerId) => IsAdmin || UserId == ownerId;

    /// <summary>Reads the caller from the request; the route must require a user.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(From(context.User));

    /// <summary>The caller of validated claims; null without an access token.</summary>
    public static Caller? From(ClaimsPrincipal user) =>
        long.TryParse(user.FindFirstValue("sub"), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new Caller(id, user.FindFirstValue("role") == "admin")
            : null;
}
