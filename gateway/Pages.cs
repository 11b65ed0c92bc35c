using Yarp.ReverseProxy.Configuration;

namespace ShopSaga.Gateway;

/// <summary>
/// The pages of the web application, where <c>Services:Web</c> names it. They have paths of their own, so that no page can hide a route of
/// the API, and set their own content security policy.
/// </summary>
internal static class Pages
{
    public const string Setting = "Services:Web";
    public const string Cluster = "Web";

    private static readonly string[] Folders =
    [
        "shop", "account", "admin", "laboratory", "control-room", "assets", "_framework", "_blazor",
    ];

    public static readonly RouteConfig[] Routes =
    [
        new() { RouteId = "page /", ClusterId = Cluster, AuthorizationPolicy = "Anonymous", Match = new RouteMatch { Path = "/" } },
        .. Folders.Select(folder => new RouteConfig
        {
            RouteId = $"page /{folder}",
            ClusterId = Cluster,
            AuthorizationPolicy = "Anonymous",
            Match = new RouteMatch { Path = $"/{folder}/{{**rest}}" },
        }),
    ];

    /// <summary>The state of an open page is in one instance; a visitor whose instance is gone starts again on another one.</summary>
    public static readonly SessionAffinityConfig Affinity = new()
    {
        Enabled = true,
        Policy = "HashCookie",
        FailurePolicy = "Redistribute",
        AffinityKeyName = "shopsaga-instance",
        Cookie = new SessionAffinityCookieConfig { HttpOnly = true, SameSite = SameSiteMode.Lax },
    };
}
