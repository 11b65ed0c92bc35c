using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ShopSaga.Hosting.Http;
using Yarp.ReverseProxy.Model;

namespace ShopSaga.Gateway.Limiting;

/// <summary>
/// Limits the requests of a user, of an address without a valid token and, on routes that try or set a password, of an account and of an
/// address. Every response says what is left; a 429 also says when to retry (RFC 6585 section 4, RFC 9110 section 10.2.3).
/// </summary>
internal sealed class RateLimits(IConfiguration configuration, ILogger<RateLimits> logger) : IDisposable
{
    /// <summary>Metadata of routes that try or set a password.</summary>
    public const string TriesPassword = "TriesPassword";

    private readonly RateLimit _user = new("user", Quota.From(configuration, "RateLimits:User", "100/s"));
    private readonly RateLimit _address = new("address", Quota.From(configuration, "RateLimits:Address", "50/s"));
    private readonly RateLimit _account = new("account", Quota.From(configuration, "RateLimits:Account", "10/m"));
    private readonly RateLimit _passwords = new("passwords", Quota.From(configuration, "RateLimits:Passwords", "30/m"));

    public async Task Apply(HttpContext context, RequestDelegate next)
    {
        var address = KeyOf(context.Connection.RemoteIpAddress);
        var caller = Caller.From(context.User);
        if (!(
            caller is null ? Take(context, _address, address) : Take(context, _user, caller.UserId.ToString(CultureInfo.InvariantCulture))))
        {
            return;
        }

        if (IsPasswordTried(context))
        {
            if (!Take(context, _passwords, address)
                || (await Account.Of(context) is { } account && !Take(context, _account, account)))
            {
                return;
            }
        }

        await next(context);
    }

    public void Dispose()
    {
        _user.Dispose();
        _address.Dispose();
        _account.Dispose();
        _passwords.Dispose();
    }

    private bool Take(HttpContext context, RateLimit limit, string key)
    {
        var isTaken = limit.TryTake(key, out var retryAfter);
        var (policy, state) = limit.Describe(key);
        var headers = context.Response.Headers;
        headers.Append("RateLimit-Policy", policy);
        headers.Append("RateLimit", state);
        if (!isTaken)
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            headers.RetryAfter = retryAfter.ToString(CultureInfo.InvariantCulture);
            // At debug level: a refused flood must not fill the disk, and metrics count it by status.
            logger.LogDebug(LogEvents.RateLimited, "Refused {Method} {Route}: over the limit of its {Limit}",
                context.Request.Method, (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText, limit.Name);
        }

        return isTaken;
    }

    private static bool IsPasswordTried(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.Metadata?.ContainsKey(TriesPassword) == true;

    /// <summary>An IPv6 /64 counts as one address: a customer gets a whole one (RFC 6177).</summary>
    private static string KeyOf(IPAddress? address)
    {
        if (address is null || address.IsIPv4MappedToIPv6 || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address?.MapToIPv4().ToString() ?? "";
        }

        var network = address.GetAddressBytes();
        network.AsSpan(8).Clear();
        return new IPAddress(network).ToString();
    }
}

internal static class RateLimitsSetup
{
    public static void AddRateLimits(this WebApplicationBuilder builder) => builder.Services.AddSingleton<RateLimits>();

    /// <summary>Runs after authentication and before authorization, so that requests without a token are counted as well.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        // Created now, so that a wrong setting stops the start.
        var limits = app.Services.GetRequiredService<RateLimits>();
        app.Use(limits.Apply);
    }
}
