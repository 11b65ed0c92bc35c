using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>
/// A proxy between clients and the broker. It lets a given number of frames of one AMQP method through in one direction and holds back
/// everything after them, so a client that waits for a response waits for ever and can be killed at that point. It can also block
/// publishers, as a broker does that is short of memory.
/// </summary>
internal sealed class AmqpProxy : IAsyncDisposable
{
    public const ushort Publish = 40;
    public const ushort Ack = 80;
    public const ushort QueueClass = 50;
    public const ushort DeclareQueue = 10;
    private const int FrameHeader = 7;
    private const byte MethodFrame = 1;
    private const byte FrameEnd = 0xCE;
    private const ushort BasicClass = 60;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _kept = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<NetworkStream> _clients = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Uri _broker = new(Servers.RabbitMq);
    private readonly bool _ofClient;
    private readonly ushort _class;
    private readonly ushort _method;
    private readonly int _through;
    private int _seen;

    /// <param name="ofClient">Whether the client's methods count, or the broker's.</param>
    /// <param name="method">The number of the method in its AMQP class.</param>
    /// <param name="through">So many of them pass.</param>
    /// <param name="ofClass">The number of the class; basic by default.</param>
    public AmqpProxy(bool ofClient, ushort method, int through, ushort ofClass = BasicClass)
    {
        (_ofClient, _class, _method, _through) = (ofClient, ofClass, method, through);
        _listener.Start();
        Address = new UriBuilder(_broker) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri.ToString();
        _ = Accept();
    }

    /// <summary>One that lets everything through.</summary>
    public static AmqpProxy Open() => new(ofClient: true, Publish, int.MaxValue);

    /// <summary>amqp://user:password@host:port/</summary>
    public string Address { get; }

    /// <summary>Waits until the method came and is kept.</summary>
    public Task HasKept() => _kept.Task.WaitAsync(Eventually.Limit);

    /// <summary>Tells all clients that nothing is taken from them any more: connection.blocked.</summary>
    public Task Block() => Tell([0, 10, 0, 60, 13, .. "low on memory"u8]);

    /// <summary>Tells them that it is again: connection.unblocked.</summary>
    public Task Unblock() => Tell([0, 10, 0, 61]);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _writing.Dispose();
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            _ = Relay(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
    }

    private async Task Tell(byte[] method)
    {
        var frame = new byte[FrameHeader + method.Length + 1];
        frame[0] = MethodFrame;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(3), method.Length);
        method.CopyTo(frame, FrameHeader);
        frame[^1] = FrameEnd;
        foreach (var client in _clients)
        {
            await Write(client, frame);
        }
    }

    private async Task Write(NetworkStream to, byte[] frame)
    {
        await _writing.WaitAsync(_stop.Token);
        try
        {
            await to.WriteAsync(frame, _stop.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task Relay(TcpClient accepted)
    {
        using var client = accepted;
        using var broker = new TcpClient();
        await broker.ConnectAsync(_broker.Host, _broker.Port, _stop.Token);
        _clients.Add(client.GetStream());
        var up = Pump(client.GetStream(), broker.GetStream(), fromClient: true);
        var down = Pump(broker.GetStream(), client.GetStream(), fromClient: false);
        await Task.WhenAny(up, down);
    }

    private async Task Pump(NetworkStream from, NetworkStream to, bool fromClient)
    {
        if (fromClient)
        {
            var protocol = new byte[8];
            await from.ReadExactlyAsync(protocol, _stop.Token);
            await to.WriteAsync(protocol, _stop.Token);
        }

        var header = new byte[FrameHeader];
        while (true)
        {
            await from.ReadExactlyAsync(header, _stop.Token);
            var frame = new byte[FrameHeader + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(3)) + 1];
            header.CopyTo(frame, 0);
            await from.ReadExactlyAsync(frame.AsMemory(FrameHeader), _stop.Token);
            if (fromClient == _ofClient && IsTheMethod(frame) && Interlocked.Increment(ref _seen) > _through)
            {
                _kept.TrySetResult();
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            await Write(to, frame);
        }
    }

    private bool IsTheMethod(byte[] frame) => frame[0] == MethodFrame
        && BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(FrameHeader)) == _class
        && BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(FrameHeader + 2)) == _method;
}
