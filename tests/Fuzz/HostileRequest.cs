using System.Globalization;
using System.Text;

namespace ShopSaga.Fuzz;

/// <summary>A hostile request, and which responses to it are correct.</summary>
/// <param name="Kind">A short description.</param>
/// <param name="Route">The route that is called.</param>
internal sealed record HostileRequest(string Kind, Route Route)
{
    public required string Method { get; init; }

    /// <summary>Path and query as sent, escaped or not.</summary>
    public required string Target { get; init; }

    public List<(string Name, string Value)> Headers { get; init; } = [];

    public byte[]? Body { get; init; }

    /// <summary>Whether the body is sent in chunks.</summary>
    public bool IsChunked { get; init; }

    /// <summary>A value for Content-Length other than the body's length.</summary>
    public long? DeclaredLength { get; init; }

    /// <summary>Bytes to send instead of all the above.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>Whether the caller is allowed to see the victim's data.</summary>
    public bool MaySeeVictim { get; init; }

    /// <summary>The correct statuses. Empty: any but a server error.</summary>
    public int[] Expected { get; init; } = [];

    /// <summary>Whether it is not valid HTTP: the web server may reject it without a body, or close the connection.</summary>
    public bool IsInvalidHttp { get; init; }

    /// <summary>Whether the client stops sending before the announced end of the body.</summary>
    public bool IsTruncated { get; init; }

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
