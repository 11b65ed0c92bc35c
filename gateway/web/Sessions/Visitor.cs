using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;

namespace ShopSaga.Web.Sessions;

/// <summary>
/// The person in front of the browser, in a request as well as in a circuit. A circuit outlives its access token many times, so the token
/// is asked for at every call, and renewed where it is about to expire.
/// </summary>
internal sealed class Visitor(IHttpContextAccessor http, AuthenticationStateProvider state, SessionStore sessions, Renewal renewal)
{
    private string? _address;

    /// <summary>The address that rate limits count a visitor without an account by.</summary>
    public string? Address => _address ??= http.HttpContext?.Connection.RemoteIpAddress?.ToString();

    /// <summary>Null for a visitor who is not logged in, or whose session has ended.</summary>
    public async Task<string?> AccessToken() =>
        (await User()).FindFirstValue(SessionCookie.SessionId) is { } id && await sessions.Find(id) is { } tokens
            ? (await renewal.Renew(id, tokens))?.AccessToken
            : null;

    private async Task<ClaimsPrincipal> User()
    {
        try
        {
            return (await state.GetAuthenticationStateAsync()).User;
        }
        catch (InvalidOperationException)
        {
            // A request for something else than a page, such as a download.
            return http.HttpContext?.User ?? new ClaimsPrincipal();
        }
    }
}
