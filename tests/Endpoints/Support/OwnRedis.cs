using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>A Redis of the test's own, which comes, hangs and goes. It is not running at first, and always empty when it starts.</summary>
internal sealed class OwnRedis : IDisposable
{
    private readonly int _port;
    private Process? _server;

    public OwnRedis()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        _port = ((IPEndPoint)free.LocalEndpoint).Port;
    }

    public string Address => $"127.0.0.1:{_port}";

    public void Start()
    {
        try
        {
            _server = Process.Start(new ProcessStartInfo(
                "redis-server",
                ["--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = Path.GetTempPath(),
            })!;
            _server.BeginOutputReadLine();
        }
        catch (Win32Exception)
        {
            Assert.Ignore("There is no redis-server on the path.");
        }
    }

    public void Kill()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill();
            _server.WaitForExit();
        }
    }

    public void Hang() => Signal("STOP");

    public void GoOn() => Signal("CONT");

    public void Dispose()
    {
        Kill();
        _server?.Dispose();
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _server!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
