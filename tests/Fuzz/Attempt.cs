using System.Globalization;
using System.Text;

namespace ShopSaga.Fuzz;

/// <summary>A request, who makes it, and what may come back.</summary>
/// <param name="Kind">What is tried, in a few words.</param>
/// <param name="Route">Where.</param>
internal sealed record Attempt(string Kind, Route Route)
{
    public required string Method { get; init; }

    /// <summary>What stands after the method: path and query, escaped or not.</summary>
    public required string Target { get; init; }

    public List<(string Name, string Value)> Headers { get; init; } = [];

    public byte[]? Body { get; init; }

    /// <summary>The body goes in pieces, without its length.</summary>
    public bool IsChunked { get; init; }

    /// <summary>A length other than the body's.</summary>
    public long? DeclaredLength { get; init; }

    /// <summary>Sent instead of all the above.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>Whether whoever asks may see what is the victim's.</summary>
    public bool MaySeeAll { get; init; }

    /// <summary>What must come back. Nothing here: anything but a mistake of the server's.</summary>
    public int[] Expected { get; init; } = [];

    /// <summary>It is not what the web server takes for a request: it may refuse without a word, or close the connection.</summary>
    public bool IsNoHttp { get; init; }

    /// <summary>More is announced than sent; then nothing comes any more from this side.</summary>
    public bool BreaksOff { get; init; }

    public byte[] ToBytes()
    {
        if (Raw is not null)
        {
            return Raw;
        }

        var head = new StringBuilder($"{Method} {Target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n");
        foreach (var (name, value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (IsChunked)
        {
            head.Append("Transfer-Encoding: chunked\r\n");
        }
        else if (Body is not null || DeclaredLength is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {DeclaredLength ?? Body!.Length}\r\n");
        }

        head.Append("\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. IsChunked ? Chunked(Body!) : Body ?? []];
    }

    private static byte[] Chunked(byte[] body) =>
    [
        .. body.Chunk(8_000).SelectMany(chunk => Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n").Concat(chunk).Concat("\r\n"u8.ToArray())),
        .. "0\r\n\r\n"u8,
    ];
}
