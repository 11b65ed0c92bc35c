using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Mvc;

namespace ShopSaga.Web.Shared;

/// <summary>The visitor's language and theme, in cookies; without them, those of the browser.</summary>
internal static class Preferences
{
    public const string LanguageCookie = "shopsaga-language";
    public const string ThemeCookie = "shopsaga-theme";

    public static void MapPreferences(this IEndpointRouteBuilder app) =>
        app.MapPost("/account/preferences", (
            HttpContext http, [FromForm] string? language, [FromForm] string? theme, [FromForm] string? returnUrl) =>
        {
            if (language is "en" or "ko")
            {
                Keep(http, LanguageCookie, CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(language)));
            }

            if (theme is "light" or "dark")
            {
                Keep(http, ThemeCookie, theme);
            }

            return TypedResults.LocalRedirect(Local(returnUrl));
        });

    /// <summary>
    /// The first of the browser's languages that the pages have; null when they have none. Without ICU, a culture such as ko-KR does not
    /// know that its parent is ko.
    /// </summary>
    public static ProviderCultureResult? LanguageOf(HttpRequest request) => request.GetTypedHeaders().AcceptLanguage
        .OrderByDescending(accepted => accepted.Quality ?? 1)
        .Select(accepted => accepted.Value.ToString().Split('-')[0].ToLowerInvariant())
        .FirstOrDefault(language => language is "en" or "ko") is { } found
            ? new ProviderCultureResult(found)
            : null;

    /// <summary>The theme that the visitor chose, or null.</summary>
    public static string? ThemeOf(HttpContext? http) =>
        http?.Request.Cookies[ThemeCookie] is ("light" or "dark") and var theme ? theme : null;

    /// <summary>A path of this site; the front page for anything else.</summary>
    public static string Local(string? url) =>
        url is ['/', ..] and not ['/', '/' or '\\', ..] && !url.Any(char.IsControl) ? url : "/";

    private static void Keep(HttpContext http, string name, string value) => http.Response.Cookies.Append(
        name, value, new CookieOptions { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, HttpOnly = true, Path = "/" });
}
