using System.Globalization;
using System.Net.Sockets;

namespace ShopSaga.Local.Servers;

/// <summary>Plain TCP connections, for readiness probes.</summary>
internal static class Tcp
{
    public static async Task Connect(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, cancellationToken);
    }

    public static async Task<TcpClient> Open(string address, CancellationToken cancellationToken)
    {
        var colon = address.LastIndexOf(':');
        var (host, port) = colon < 0 ? (address, "6379") : (address[..colon], address[(colon + 1)..]);
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, int.Parse(port, CultureInfo.InvariantCulture), cancellationToken);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
