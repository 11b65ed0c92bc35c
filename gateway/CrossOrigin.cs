using ShopSaga.Hosting;

namespace ShopSaga.Gateway;

/// <summary>Origins whose pages may call, from <c>Cors:Origins</c> (separated by commas). None by default.</summary>
internal static class CrossOrigin
{
    private const string Key = "Cors:Origins";

    public static void AddCrossOrigin(this WebApplicationBuilder builder)
    {
        var origins = builder.Configuration.List(Key);
        if (origins.FirstOrDefault(origin => !IsOrigin(origin)) is { } wrong)
        {
            throw new InvalidOperationException(
                $"Configuration '{Key}' names '{wrong}', which is not an origin such as https://shop.example. Set Cors__Origins.");
        }

        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .WithMethods("GET", "POST", "PUT", "DELETE")
            .WithHeaders("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Last-Event-ID", "Prefer")
            .WithExposedHeaders(
                "ETag", "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate")
            .SetPreflightMaxAge(TimeSpan.FromHours(1))));
    }

    public static void UseCrossOrigin(this WebApplication app)
    {
        if (app.Configuration.List(Key).Length > 0)
        {
            app.UseCors();
        }
    }

    /// <summary>Scheme, host and optional port, as a browser sends them (RFC 6454 section 6.2).</summary>
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && address.Scheme is "http" or "https"
        && address.GetLeftPart(UriPartial.Authority) == text;
}
