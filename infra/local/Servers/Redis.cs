using System.Text;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>A private Redis: a cache of bounded size without persistence.</summary>
internal static class Redis
{
    /// <summary>The name of its process in the stack.</summary>
    public const string Name = "Redis";

    public static string Address(Ports ports) => $"127.0.0.1:{ports.Redis}";

    public static StackProcess Prepare(string program, Ports ports, DataFolder folder)
    {
        var home = folder.Of("redis");
        Directory.CreateDirectory(home);
        var command = new Command(program,
            "--port", $"{ports.Redis}", "--bind", "127.0.0.1", "--protected-mode", "yes",
            "--dir", home, "--save", "", "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
        {
            Folder = home,
        };
        return new StackProcess(Name, command, token => Ping(Address(ports), token), folder);
    }

    /// <summary>Sends PING and expects PONG.</summary>
    public static async Task Ping(string address, CancellationToken cancellationToken)
    {
        using var client = await Tcp.Open(address.Split(',')[0], cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
        var answer = new byte[64];
        var length = await stream.ReadAsync(answer, cancellationToken);
        var text = Encoding.ASCII.GetString(answer, 0, length);

        // A server that requires a password is up as well.
        if (!text.StartsWith("+PONG", StringComparison.Ordinal) && !text.StartsWith("-NOAUTH", StringComparison.Ordinal))
        {
            throw new IOException($"Redis answered \"{text.Trim()}\" to PING.");
        }
    }
}
