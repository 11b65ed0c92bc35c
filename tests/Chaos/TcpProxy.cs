using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ShopSaga.Chaos;

/// <summary>What a proxy does to the connections through it.</summary>
internal enum Line
{
    /// <summary>Bytes pass.</summary>
    Open,

    /// <summary>Connections are reset, and new ones too.</summary>
    Cut,

    /// <summary>Every piece of data is late.</summary>
    Slow,

    /// <summary>Half open: what the client sends arrives, and no answer comes back until the line is open again.</summary>
    Silent,
}

/// <summary>A proxy between the services and one of their servers.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private volatile Line _line = Line.Open;

    public TcpProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start(512);
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Set(Line line)
    {
        _line = line;
        if (line == Line.Cut)
        {
            foreach (var socket in _sockets.Keys)
            {
                Reset(socket);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var socket in _sockets.Keys)
        {
            socket.Dispose();
        }

        _over.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync(_over.Token);
            _ = Relay(client);
        }
    }

    private async Task Relay(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        (client.NoDelay, server.NoDelay) = (true, true);
        _sockets[client] = _sockets[server] = true;
        try
        {
            if (_line != Line.Cut)
            {
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _over.Token);
                await Task.WhenAny(Pump(client, server, fromClient: true), Pump(server, client, fromClient: false));
            }
        }
        catch (Exception refused) when (refused is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client sees its connection end, as it would without a proxy.
        }
        finally
        {
            _sockets.TryRemove(client, out _);
            _sockets.TryRemove(server, out _);
            Reset(client);
        }
    }

    /// <summary>Ends when either side is gone.</summary>
    private async Task Pump(Socket from, Socket to, bool fromClient)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer, _over.Token) is > 0 and var length)
            {
                while (_line == Line.Silent && !fromClient)
                {
                    await Task.Delay(Poll, _over.Token);
                }

                if (_line == Line.Slow)
                {
                    await Task.Delay(Lateness, _over.Token);
                }

                for (var sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), _over.Token);
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side is told by the end of the relay.
        }
    }

    /// <summary>Closes with RST rather than with FIN.</summary>
    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Dispose();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It was closed already.
        }
    }
}
