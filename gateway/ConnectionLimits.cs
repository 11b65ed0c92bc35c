using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ShopSaga.Gateway;

/// <summary>
/// How much of the gateway strangers can hold: connections, and how slowly they may speak (a body at less than 240 bytes a second is refused by
/// default). <c>Connections:Most</c> bounds their number.
/// </summary>
internal static class ConnectionLimits
{
    private const long Most = 10_000;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    public static void AddConnectionLimits(this WebApplicationBuilder builder)
    {
        var most = builder.Configuration.GetValue("Connections:Most", Most);
        if (most < 1)
        {
            throw new InvalidOperationException("Configuration 'Connections:Most' must be at least 1. Set Connections__Most.");
        }

        builder.Services.Configure<KestrelServerOptions>(server =>
        {
            server.Limits.MaxConcurrentConnections = most;
            server.Limits.RequestHeadersTimeout = HeadersTimeout;
        });
    }
}
