using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using ShopSaga.Web.Api;

namespace ShopSaga.Web.Sessions;

/// <summary>The cookie of a logged-in visitor: encrypted, out of reach of scripts, and not sent along by other sites' forms.</summary>
internal static class SessionCookie
{
    /// <summary>The claim with the session's id.</summary>
    public const string SessionId = "sid";

    public const string AdminRole = "admin";

    /// <summary>Gives the browser a cookie for a session that begins with these tokens.</summary>
    public static async Task LogIn(this HttpContext http, TokenPair pair, Account account)
    {
        var sessions = http.RequestServices.GetRequiredService<SessionStore>();
        var identity = new ClaimsIdentity(
            [
                new Claim(SessionId, await sessions.Begin(pair)),
                new Claim(ClaimTypes.NameIdentifier, account.Id.ToString(CultureInfo.InvariantCulture)),
                new Claim(ClaimTypes.Name, account.Name),
                new Claim(ClaimTypes.Email, account.Email),
                new Claim(ClaimTypes.Role, account.Role),
            ],
            CookieAuthenticationDefaults.AuthenticationScheme);
        await http.SignInAsync(new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = true });
    }

    /// <summary>Logs in and gives the browser a cookie.</summary>
    /// <returns>The problem that the API has with it, if any.</returns>
    public static async Task<Problem?> LogIn(this HttpContext http, ShopApi api, Credentials credentials)
    {
        var (pair, problem) = await api.Call(ApiRoutes.LogIn, credentials);
        if (pair is null)
        {
            return problem;
        }

        var (account, unread) = await api.As(pair).Call(ApiRoutes.ReadProfile);
        if (account is not null)
        {
            await http.LogIn(pair, account);
        }

        return unread;
    }

    /// <summary>The same session under another name.</summary>
    public static Task Rename(this HttpContext http, string name)
    {
        var identity = (ClaimsIdentity)http.User.Identity!;
        identity.RemoveClaim(identity.FindFirst(ClaimTypes.Name));
        identity.AddClaim(new Claim(ClaimTypes.Name, name));
        return http.SignInAsync(http.User, new AuthenticationProperties { IsPersistent = true });
    }

    /// <summary>Ends the session, here and at Users.</summary>
    public static async Task LogOut(this HttpContext http, ShopApi api)
    {
        var sessions = http.RequestServices.GetRequiredService<SessionStore>();
        if (http.User.FindFirstValue(SessionId) is { } id && await sessions.Find(id) is { } tokens)
        {
            await api.Call(ApiRoutes.LogOut, new RefreshToken(tokens.RefreshToken));
            await sessions.End(id);
        }

        await http.SignOutAsync();
    }
}
