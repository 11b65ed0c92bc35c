using Microsoft.AspNetCore.Server.Kestrel.Core;
using ShopSaga.Hosting;

namespace ShopSaga.Gateway;

/// <summary>
/// Limits the connections that clients can occupy: their number (<c>Connections:Most</c>) and how slowly they may send. Kestrel itself
/// refuses bodies that arrive at less than 240 bytes a second.
/// </summary>
internal static class ConnectionLimits
{
    private const int DefaultMaxConnections = 10_000;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    public static void AddConnectionLimits(this WebApplicationBuilder builder)
    {
        var max = builder.Configuration.Number("Connections:Most", DefaultMaxConnections, min: 1);
        builder.Services.Configure<KestrelServerOptions>(server =>
        {
            server.Limits.MaxConcurrentConnections = max;
            server.Limits.RequestHeadersTimeout = HeadersTimeout;
        });
    }
}
