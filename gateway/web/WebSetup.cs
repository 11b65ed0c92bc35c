using System.Globalization;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Localization;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Business;
using ShopSaga.Web.Administration;
using ShopSaga.Web.Customer;
using ShopSaga.Web.Laboratory;
using ShopSaga.Web.Live;
using ShopSaga.Web.Sessions;
using ShopSaga.Web.Shared;

namespace ShopSaga.Web;

/// <summary>Puts the web application together.</summary>
internal static class WebSetup
{
    private static readonly CultureInfo[] Cultures = [new("en"), new("ko")];

    /// <summary>The client of the public API. The gateway takes a visitor's address from it alone, by the key of both.</summary>
    public static void AddGatewayClient(this WebApplicationBuilder builder)
    {
        var address = builder.Configuration.RequiredAddress("Gateway:Address");
        var key = builder.Configuration.Required("Gateway:Key");
        builder.Services.AddHttpContextAccessor();
        // Lines for each request of a page that watches an order would bury the others.
        builder.Services.ConfigureHttpClientDefaults(client => client.RemoveAllLoggers());
        builder.Services.AddHttpClient(ShopApi.Client, client =>
        {
            client.BaseAddress = address;
            client.Timeout = TimeSpan.FromSeconds(15);
            client.DefaultRequestHeaders.Add("X-Web-Key", key);
        });
        builder.Services.AddScoped<Visitor>();
        builder.Services.AddScoped<ShopApi>();
        builder.Services.AddScoped<FailureLaboratory>();
        builder.Services.AddSingleton<LatestOrder>();
    }

    public static void AddSessions(this WebApplicationBuilder builder)
    {
        var redis = builder.Configuration.Required("ConnectionStrings:Redis");
        var key = builder.Configuration.Required("Sessions:Key");
        builder.Services.AddSingleton(_ => new RedisConnection(redis));
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<Renewal>();
        builder.Services.AddDataProtection().SetApplicationName("ShopSaga.Web").DisableAutomaticKeyGeneration();
        builder.Services.Configure<KeyManagementOptions>(keys => keys.XmlRepository = new FixedKey(key));
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = "shopsaga";
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.ExpireTimeSpan = SessionStore.Lifetime;
            cookie.LoginPath = "/account/login";
            cookie.AccessDeniedPath = "/account/denied";
            cookie.ReturnUrlParameter = "returnUrl";
        });
        builder.Services.AddAuthorization();
        builder.Services.AddCascadingAuthenticationState();
    }

    public static void AddPages(this WebApplicationBuilder builder)
    {
        // Blazor's scripts and the style sheets, also where they have not been published.
        builder.WebHost.UseStaticWebAssets();
        builder.Services.AddSingleton<FirstPage>();
        builder.Services.AddHealthChecks().AddCheck<FirstPage>("pages");
        builder.Services.AddLocalization();
        builder.Services.AddAntiforgery(form => form.Cookie.Name = "shopsaga-form");
        builder.Services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(1));
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            // Only the gateway reaches this process. What it was sent itself stands before what it has added.
            forwarded.ForwardedHeaders = ForwardedHeaders.All;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
        });
        builder.Services.Configure<RequestLocalizationOptions>(localization =>
        {
            localization.DefaultRequestCulture = new RequestCulture("en");
            (localization.SupportedCultures, localization.SupportedUICultures) = (Cultures, Cultures);
            localization.RequestCultureProviders =
            [
                new CookieRequestCultureProvider { CookieName = Preferences.LanguageCookie },
                new CustomRequestCultureProvider(context => Task.FromResult(Preferences.LanguageOf(context.Request))),
            ];
        });
    }

    public static void UsePages(this WebApplication app)
    {
        Formats.Shop = app.Services.GetRequiredService<BusinessCalendar>().Zone;
        app.UseForwardedHeaders();
        app.UseMiddleware<PageHeaders>();
        // The page that ended with the status has set up the services of its scope for itself already.
        app.UseStatusCodePagesWithReExecute("/account/problem/{0}", createScopeForStatusCodePages: true);
        app.UseMiddleware<PageFailures>();
        app.UseRequestLocalization();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
    }

    public static void MapPages(this WebApplication app)
    {
        app.MapStaticAssets();
        app.MapPreferences();
        app.MapSessions();
        app.MapCsv();
        // The policy of PageHeaders forbids frames already.
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(mode => mode.ContentSecurityFrameAncestorsPolicy = null);
    }
}
