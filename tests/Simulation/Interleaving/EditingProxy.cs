using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ShopSaga.Tests.Simulation.Interleaving;

/// <summary>A line to a server that replaces words in statements on their way: a fix is taken out without touching the code.</summary>
/// <param name="server">Where the line leads.</param>
/// <param name="words">The words, which spaces of the same length replace, so that the messages keep their lengths.</param>
internal sealed class EditingProxy(DnsEndPoint server, string words) : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Start()
    {
        _listener.Start();
        _ = Accept();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            var upstream = new TcpClient();
            await upstream.ConnectAsync(server.Host, server.Port, _stop.Token);
            (client.NoDelay, upstream.NoDelay) = (true, true);
            _ = Copy(client, upstream, Replace);
            _ = Copy(upstream, client, _ => { });
        }
    }

    private void Replace(Span<byte> bytes)
    {
        var sought = Encoding.ASCII.GetBytes(words);
        while (bytes.IndexOf(sought) is >= 0 and var at)
        {
            bytes.Slice(at, sought.Length).Fill((byte)' ');
        }
    }

    private async Task Copy(TcpClient from, TcpClient to, Edit edit)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var count)
            {
                edit(buffer.AsSpan(0, count));
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // One end has closed.
        }
        finally
        {
            from.Dispose();
            to.Dispose();
        }
    }

    private delegate void Edit(Span<byte> bytes);
}
