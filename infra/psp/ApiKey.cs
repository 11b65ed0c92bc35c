using System.Security.Cryptography;
using System.Text;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp;

/// <summary>
/// Merchants call with <c>Authorization: Bearer KEY</c>. Health and metrics are open, as they are at every service: Prometheus has no key.
/// </summary>
internal static class ApiKey
{
    private static readonly PathString[] Open = ["/health", "/metrics"];

    public static void UseApiKey(this WebApplication app, string key)
    {
        var expected = Encoding.UTF8.GetBytes($"Bearer {key}");
        app.UseWhen(IsGuarded, guarded => guarded.Use(async (context, next) =>
        {
            var given = Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString());
            if (CryptographicOperations.FixedTimeEquals(given, expected))
            {
                await next(context);
                return;
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Problems.Problem(
                StatusCodes.Status401Unauthorized,
                "unauthenticated",
                "Not authenticated",
                "Send the merchant's API key as 'Authorization: Bearer KEY'.").ExecuteAsync(context);
        }));
    }

    private static bool IsGuarded(HttpContext context) => !Array.Exists(Open, path => context.Request.Path.StartsWithSegments(path));
}
