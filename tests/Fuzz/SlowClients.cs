using System.Net.Sockets;
using System.Text;

namespace ShopSaga.Fuzz;

/// <summary>
/// Clients that hold connections: they send headers or a body byte by byte, never read the response, or connect and send nothing. Meanwhile
/// a well-behaved client must be served, and the server must disconnect clients that are too slow.
/// </summary>
internal sealed class SlowClients(Target target, World world, int number)
{
    private const int Probes = 20;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(45);

    public const string Silent = "clients that send nothing";
    private const string SlowHeaders = "slow headers";
    private const string SlowBodies = "slow bodies";
    private const string NotReading = "clients that do not read";

    public static readonly string[] Kinds = [SlowHeaders, SlowBodies, NotReading, Silent];

    /// <summary>Runs all clients of a kind concurrently.</summary>
    /// <returns>How each client ended: a status, "closed", or "open" for a connection that was still held at the end; and
    /// violations.</returns>
    public async Task<(Dictionary<string, int> Ends, List<string> Violations)> Run(string kind, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var connected = new CountdownEvent(number);
        var clients = Enumerable.Range(0, number).Select(_ => Client(kind, connected, over.Token)).ToList();
        var violations = new List<string>();
        while (!connected.IsSet)
        {
            await Task.Delay(10, limit.Token);
        }

        for (var probe = 0; probe < Probes; probe++)
        {
            var answer = await Wire.Exchange(target.Gateway, Probe(), cancellationToken);
            if (answer.Status != 200)
            {
                violations.Add($"{kind}: a well-behaved client got {answer.Status}");
            }
        }

        // The web server's timeouts for clients that send or read nothing are minutes.
        if (kind is Silent or NotReading)
        {
            await over.CancelAsync();
        }

        var ends = await Task.WhenAll(clients);
        violations.AddRange(ends.Where(end => end.StartsWith('5')).Distinct().Select(end => $"{kind}: {end}"));
        if (kind is SlowHeaders or SlowBodies && ends.Any(end => end == "open"))
        {
            violations.Add($"{kind}: {ends.Count(end => end == "open")} still held a connection after {TimeLimit.TotalSeconds} s");
        }

        connected.Dispose();
        return (ends.CountBy(end => end).ToDictionary(), violations);
    }

    private HostileRequest Probe() => new("a probe", RouteTable.Documented.Single(route => route.Name == "GET /users/me"))
    {
        Method = "GET",
        Target = "/users/me",
        Headers = [("Authorization", "Bearer " + world.Attacker.Token)],
    };

    private async Task<string> Client(string kind, CountdownEvent connected, CancellationToken over)
    {
        using var socket = await Wire.Connect(target.Gateway, over);
        if (kind == NotReading)
        {
            socket.ReceiveBufferSize = 1024;
        }

        connected.Signal();
        try
        {
            return kind switch
            {
                SlowHeaders =>
                    await Dribble(socket, "GET /products HTTP/1.1\r\nHost: shop.example\r\nX-Slow: " + new string('a', 1_000), over),
                SlowBodies =>
                    await Dribble(socket, $"POST /orders HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer {world.Attacker.Token}\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n", over),
                NotReading => await AskOnAndOn(socket, over),
                _ => await End(socket, over),
            };
        }
        catch (OperationCanceledException)
        {
            return "open";
        }
    }

    /// <summary>Sends complete headers at once; everything else byte by byte.</summary>
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
            // Disconnected by the server.
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
