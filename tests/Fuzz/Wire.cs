using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ShopSaga.Fuzz;

/// <summary>A response. Its status is 0 when the connection was closed without one.</summary>
internal sealed record Answer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public static readonly Answer None = new(0, [], "");

    public string? this[string name] =>
        Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)
            .FirstOrDefault();

    /// <summary>Whether the web server itself rejected the request: a status and nothing else.</summary>
    public bool IsBare => Body.Length == 0 && this["Content-Type"] is null;
}

/// <summary>Sends requests over sockets, since HTTP clients refuse to send malformed ones. Each request has its own connection.</summary>
internal static class Wire
{
    private const int MaxBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(90);

    public static async Task<Socket> Connect(Uri gateway, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(gateway.Host, gateway.Port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="TimeoutException">The response did not end in time.</exception>
    public static async Task<Answer> Exchange(Uri gateway, HostileRequest attempt, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        try
        {
            using var socket = await Connect(gateway, limit.Token);
            var sending = Send(socket, attempt, limit.Token);
            var answer = await Receive(socket, attempt.Method == "HEAD", limit.Token);
            socket.Close();
            await sending;
            return answer;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {TimeLimit.TotalSeconds} s");
        }
    }

    /// <summary>Reads one response; of a stream, the first part.</summary>
    public static async Task<Answer> Receive(Socket socket, bool isHead, CancellationToken cancellationToken)
    {
        var (received, buffer) = (new List<byte>(), new byte[16 * 1024]);
        while (received.Count < MaxBytes)
        {
            int count;
            try
            {
                count = await socket.ReceiveAsync(buffer, cancellationToken);
            }
            catch (SocketException)
            {
                count = 0;
            }

            received.AddRange(buffer.AsSpan(0, count));
            if (Parse(received, isHead, isOver: count == 0) is { } answer)
            {
                return answer;
            }

            if (count == 0)
            {
                return Answer.None;
            }
        }

        throw new InvalidOperationException($"an answer of more than {MaxBytes} bytes");
    }

    /// <summary>Sends the request. The server may close the connection before it has read everything.</summary>
    private static async Task Send(Socket socket, HostileRequest attempt, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(attempt.ToBytes(), cancellationToken);
            if (attempt.IsTruncated)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception hungUp) when (hungUp is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return;
        }
    }

    private static Answer? Parse(List<byte> received, bool isHead, bool isOver)
    {
        var text = Encoding.Latin1.GetString([.. received]);
        while (true)
        {
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                return null;
            }

            var lines = text[..end].Split("\r\n");
            var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
            text = text[(end + 4)..];
            if (status is >= 100 and < 200 and not 101)
            {
                continue;
            }

            var headers = lines.Skip(1).Select(line => line.Split(':', 2))
                .Select(parts => (parts[0], parts.Length > 1 ? parts[1].Trim() : "")).ToList();
            var answer = new Answer(status, headers, text);
            if (isHead || status is 204 or 304 or 101)
            {
                return answer with { Body = "" };
            }

            if (answer["Content-Length"] is { } length)
            {
                var size = int.Parse(length, CultureInfo.InvariantCulture);
                return text.Length >= size || isOver ? answer with { Body = Utf8(text[..Math.Min(size, text.Length)]) } : null;
            }

            if (answer["Content-Type"]?.StartsWith("text/event-stream", StringComparison.Ordinal) == true
                && text.Contains("\n\n", StringComparison.Ordinal))
            {
                return answer with { Body = Utf8(text) };
            }

            var isChunked = answer["Transfer-Encoding"] == "chunked";
            return isOver || (isChunked && text.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
                ? answer with { Body = Utf8(isChunked ? Dechunked(text) : text) }
                : null;
        }
    }

    private static string Dechunked(string text)
    {
        var body = new StringBuilder();
        while (text.IndexOf("\r\n", StringComparison.Ordinal) is var end && end > 0
            && int.TryParse(text[..end], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size) && size > 0)
        {
            body.Append(text.AsSpan(end + 2, Math.Min(size, text.Length - end - 2)));
            text = text[Math.Min(text.Length, end + 2 + size + 2)..];
        }

        return body.ToString();
    }

    private static string Utf8(string latin) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin));
}
