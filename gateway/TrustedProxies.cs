using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.HttpOverrides;
using ShopSaga.Hosting;

namespace ShopSaga.Gateway;

/// <summary>
/// Takes the client's address from <c>X-Forwarded-For</c> when the connection comes from a proxy in <c>Proxies:Trusted</c> (addresses or
/// networks, separated by commas; none by default). The header is ignored on all other connections.
/// </summary>
internal static class TrustedProxies
{
    private const string Key = "Proxies:Trusted";
    private const string KeyHeader = "X-Web-Key";

    public static void UseTrustedProxies(this WebApplication app)
    {
        app.UseAddressesFromWeb();
        var networks = app.Configuration.List(Key).Select(Read).ToList();
        if (networks.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        networks.ForEach(options.KnownIPNetworks.Add);
        app.UseForwardedHeaders(options);
    }

    /// <summary>
    /// The web application calls for many visitors, who would share one quota otherwise. So the gateway believes the
    /// <c>X-Forwarded-For</c> of a request that carries the key (<c>Web:Key</c>).
    /// </summary>
    private static void UseAddressesFromWeb(this WebApplication app)
    {
        if (app.Configuration["Web:Key"] is not { Length: > 0 } key)
        {
            return;
        }

        var expected = Encoding.UTF8.GetBytes(key);
        app.Use((context, next) =>
        {
            var headers = context.Request.Headers;
            if (headers[KeyHeader] is [{ } given]
                && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected)
                && IPAddress.TryParse(headers["X-Forwarded-For"], out var visitor))
            {
                context.Connection.RemoteIpAddress = visitor;
            }

            headers.Remove(KeyHeader);
            return next(context);
        });
    }

    private static System.Net.IPNetwork Read(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            return new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        return System.Net.IPNetwork.TryParse(text, out var network)
            ? network
            : throw new InvalidOperationException(
                $"Configuration '{Key}' names '{text}', which is neither an address nor a network such as 10.0.0.0/8. Set "
                    + "Proxies__Trusted.");
    }
}
