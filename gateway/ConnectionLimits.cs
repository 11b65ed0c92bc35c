using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ShopSaga.Gateway;

/// <summary>
/// Limits the connections that clients can occupy: their number (<c>Connections:Most</c>) and how slowly they may send. Kestrel itself
/// refuses bodies that arrive at less than 240 bytes a second.
/// </summary>
internal static class ConnectionLimits
{
    private const long DefaultMaxConnections = 10_000;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    public static void AddConnectionLimits(this WebApplicationBuilder builder)
    {
        var max = builder.Configuration.GetValue("Connections:Most", DefaultMaxConnections);
        if (max < 1)
        {
            throw new InvalidOperationException("Configuration 'Connections:Most' must be at least 1. Set Connections__Most.");
        }

        builder.Services.Configure<KestrelServerOptions>(server =>
        {
            server.Limits.MaxConcurrentConnections = max;
            server.Limits.RequestHeadersTimeout = HeadersTimeout;
        });
    }
}
