using System.Net;
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

    public static void UseTrustedProxies(this WebApplication app)
    {
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
