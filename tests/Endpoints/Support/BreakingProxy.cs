using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>
/// A proxy in front of a server that resets all connections once: instead of passing on the request of this number. A client of PostgreSQL
/// sends a request for each round trip.
/// </summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly int _serverPort;
    private readonly int _breakAt;
    private readonly Task _accepting;
    private int _requests;

    public BreakingProxy(int serverPort, int breakAt)
    {
        (_serverPort, _breakAt) = (serverPort, breakAt);
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many there were.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Reset();
        _over.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            _ = Relay(await _listener.AcceptSocketAsync(_over.Token));
        }
    }

    private async Task Relay(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _sockets.Add(client);
        _sockets.Add(server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _over.Token);
            await Task.WhenAll(
                Pump(client, server, isBreaking: () => Interlocked.Increment(ref _requests) == _breakAt),
                Pump(server, client, isBreaking: () => false));
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task Pump(Socket from, Socket to, Func<bool> isBreaking)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _over.Token) is > 0 and var length)
            {
                if (isBreaking())
                {
                    Reset();
                    return;
                }

                for (var sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), _over.Token);
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side is told below.
        }

        to.Dispose();
    }

    /// <summary>Closes with RST rather than with FIN.</summary>
    private void Reset()
    {
        while (_sockets.TryTake(out var socket))
        {
            socket.Close(timeout: 0);
        }
    }
}
