using System.Net.Sockets;
using System.Text;

namespace ShopSaga.Fuzz;

/// <summary>
/// Clients that hold connections: they send a head or a body a byte at a time, never read what they asked for, or connect and say nothing.
/// Meanwhile a well-behaved one must be served, and who is too slow is shown out.
/// </summary>
internal sealed class SlowClients(Target target, World world, int number)
{
    private const int Probes = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public static readonly string[] Kinds = ["slow heads", "slow bodies", "those who do not read", "those who say nothing"];

    /// <summary>Runs all of a kind at once.</summary>
    /// <returns>How each ended: a status, "closed", or "open" for those who still held their connection at the end; and complaints.</returns>
    public async Task<(Dictionary<string, int> Ends, List<string> Complaints)> Run(string kind, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var connected = new CountdownEvent(number);
        var clients = Enumerable.Range(0, number).Select(_ => Client(kind, connected, over.Token)).ToList();
        var complaints = new List<string>();
        while (!connected.IsSet)
        {
            await Task.Delay(10, limit.Token);
        }

        for (var probe = 0; probe < Probes; probe++)
        {
            var answer = await Wire.Exchange(target.Gateway, Probe(), cancellationToken);
            if (answer.Status != 200)
            {
                complaints.Add($"{kind}: meanwhile somebody else got {answer.Status}");
            }
        }

        // Whoever says nothing at all, or reads nothing, is waited for by the clocks of the web server, which have minutes.
        if (kind is "those who say nothing" or "those who do not read")
        {
            await over.CancelAsync();
        }

        var ends = await Task.WhenAll(clients);
        complaints.AddRange(ends.Where(end => end.StartsWith('5')).Distinct().Select(end => $"{kind}: {end}"));
        if (kind is "slow heads" or "slow bodies" && ends.Any(end => end == "open"))
        {
            complaints.Add($"{kind}: {ends.Count(end => end == "open")} still held a connection after {Patience.TotalSeconds} s");
        }

        connected.Dispose();
        return (ends.CountBy(end => end).ToDictionary(), complaints);
    }

    private Attempt Probe() => new("a probe", RouteTable.Documented.Single(route => route.Name == "GET /users/me"))
    {
        Method = "GET",
        Target = "/users/me",
        Headers = [("Authorization", "Bearer " + world.Attacker.Token)],
    };

    private async Task<string> Client(string kind, CountdownEvent connected, CancellationToken over)
    {
        using var socket = await Wire.Connect(target.Gateway, over);
        if (kind == "those who do not read")
        {
            socket.ReceiveBufferSize = 1024;
        }

        connected.Signal();
        try
        {
            return kind switch
            {
                "slow heads" => await Dribble(socket, "GET /products HTTP/1.1\r\nHost: shop.example\r\nX-Slow: " + new string('a', 1_000), over),
                "slow bodies" => await Dribble(socket, $"POST /orders HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer {world.Attacker.Token}\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n", over),
                "those who do not read" => await AskOnAndOn(socket, over),
                _ => await End(socket, over),
            };
        }
        catch (OperationCanceledException)
        {
            return "open";
        }
    }

    /// <summary>The head at once if it ends with a blank line, and then, or else from the beginning, a byte at a time.</summary>
    private static async Task<string> Dribble(Socket socket, string text, CancellationToken over)
    {
        var (head, rest) = text.EndsWith("\r\n\r\n", StringComparison.Ordinal) ? (text, new string(' ', 1_000)) : ("", text);
        var ending = End(socket, over);
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(head), over);
            foreach (var character in rest)
            {
                await socket.SendAsync(new byte[] { (byte)character }, over);
                if (await Task.WhenAny(ending, Task.Delay(TimeSpan.FromMilliseconds(100), over)) == ending)
                {
                    break;
                }
            }
        }
        catch (SocketException)
        {
            // Shown out.
        }

        return await ending;
    }

    private static async Task<string> AskOnAndOn(Socket socket, CancellationToken over)
    {
        var request = Encoding.ASCII.GetBytes("GET /openapi/orders.json HTTP/1.1\r\nHost: shop.example\r\n\r\n");
        try
        {
            for (var times = 0; times < 200; times++)
            {
                await socket.SendAsync(request, over);
            }

            await Task.Delay(Timeout.Infinite, over);
        }
        catch (SocketException)
        {
            return "closed";
        }

        return "open";
    }

    private static async Task<string> End(Socket socket, CancellationToken over) =>
        await Wire.Receive(socket, isHead: false, over) is { Status: > 0 } answer ? $"{answer.Status}" : "closed";
}
