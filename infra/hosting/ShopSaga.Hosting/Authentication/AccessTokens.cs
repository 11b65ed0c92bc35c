using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ShopSaga.Hosting.Authentication;

/// <summary>Validates the access tokens that Users signs, and marks the routes that require one.</summary>
public static class AccessTokens
{
    /// <summary>The authorization policy behind <see cref="RequireAdmin"/>.</summary>
    public const string AdminPolicy = "admin";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The route requires a valid access token.</summary>
    public static TBuilder RequireUser<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder =>
        routes.RequireAuthorization();

    /// <summary>The route requires an administrator.</summary>
    public static TBuilder RequireAdmin<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder =>
        routes.RequireAuthorization(AdminPolicy);

    internal static void AddAccessTokens(this WebApplicationBuilder builder)
    {
        var issuer = builder.Configuration.Required("Auth:Issuer");
        var audience = builder.Configuration.Required("Auth:Audience");
        builder.Services.TryAddSingleton(
            services => OverHttp(services.GetRequiredService<IConfiguration>().RequiredAddresses("Auth:JwksAddress")));
        builder.Services.AddSingleton<SigningKeys>();
        builder.Services.AddAuthorizationBuilder().AddPolicy(AdminPolicy, policy => policy.RequireClaim("role", "admin"));
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        builder.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<SigningKeys>((options, keys) =>
        {
            options.MapInboundClaims = false;
            options.IncludeErrorDetails = false;
            options.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = issuer,
                ValidAudience = audience,
                ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                ClockSkew = ClockSkew,
                RoleClaimType = "role",
                NameClaimType = "name",
                IssuerSigningKeyResolver = (_, _, id, _) => keys.Find(id) is { } key ? [key] : [],
            };
            options.Events = new JwtBearerEvents
            {
                OnMessageReceived = async context =>
                {
                    if (KeyIdOf(context.Request) is not { } id)
                    {
                        return;
                    }

                    try
                    {
                        if (!await keys.Fetch(id, context.HttpContext.RequestAborted))
                        {
                            context.Fail(new KeyNotFetchedException());
                        }
                    }
                    catch (OperationCanceledException) when (context.HttpContext.RequestAborted.IsCancellationRequested)
                    {
                        // JwtBearer would log an error for a client that merely disconnected.
                        context.NoResult();
                    }
                },
                OnChallenge = context =>
                {
                    if (context.AuthenticateFailure is KeyNotFetchedException)
                    {
                        // The token may be valid: without the key the service cannot tell, so 401 would be wrong. Another request may have
                        // fetched it since.
                        context.HandleResponse();
                        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    }

                    return Task.CompletedTask;
                },
            };
        });
    }

    internal static void UseAccessTokens(this WebApplication app, Action<WebApplication>? beforeAuthorization)
    {
        // Built now, so that missing configuration stops the start.
        app.Services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
        app.UseAuthentication();
        beforeAuthorization?.Invoke(app);
        app.UseAuthorization();
    }

    private static string? KeyIdOf(HttpRequest request)
    {
        const string scheme = "Bearer ";
        if (request.Headers.Authorization is not [{ } header] || !header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            return new JsonWebToken(header[scheme.Length..].Trim()) is { Alg: SecurityAlgorithms.EcdsaSha256, Kid.Length: > 0 } token
                ? token.Kid
                : null;
        }
        catch (Exception malformed) when (malformed is ArgumentException or SecurityTokenException)
        {
            // JwtBearer refuses the token in the next step.
            return null;
        }
    }

    /// <summary>Tries one address after the other until one answers.</summary>
    private static JwksSource OverHttp(Uri[] addresses)
    {
        var client = new HttpClient { Timeout = FetchTimeout };
        return async cancellationToken =>
        {
            foreach (var address in addresses[..^1])
            {
                try
                {
                    return await client.GetStringAsync(address, cancellationToken);
                }
                catch (Exception noAnswer)
                    when (noAnswer is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
                {
                    continue;
                }
            }

            return await client.GetStringAsync(addresses[^1], cancellationToken);
        };
    }

    private sealed class KeyNotFetchedException() : Exception("The key of the access token could not be fetched.");
}
