using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace ShopSaga.Hosting.Http;

/// <summary>Reads a request's body as JSON.</summary>
public static class JsonBody
{
    /// <summary>The largest body that is read.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>How JSON is read and written everywhere: camelCase, exactly; unknown members are ignored.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>Reads and checks the body.</summary>
    /// <exception cref="InvalidRequestException">The body is not JSON, or does not match <typeparamref name="T"/>.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large, or not declared as JSON, or has a content coding.</exception>
    public static async Task<T> Read<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class
    {
        var body = WithoutByteOrderMark(await ReadBytes(request, cancellationToken));
        request.HttpContext.Items[typeof(JsonBody)] = body;
        return Parse<T>(body);
    }

    /// <summary>The body of the request as it was sent, once a parameter of the route has been read from it.</summary>
    /// <exception cref="InvalidOperationException">The route has no such parameter.</exception>
    public static ReadOnlyMemory<byte> Sent(HttpContext context) => context.Items[typeof(JsonBody)] is ReadOnlyMemory<byte> body
        ? body
        : throw new InvalidOperationException("The route reads no JSON body.");

    /// <summary>Reads the body as it was sent.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, or not declared as JSON, or has a content coding.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadBytes(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!IsDeclaredAsJson(request) || IsEncoded(request))
        {
            throw new BadHttpRequestException("Not declared as JSON", StatusCodes.Status415UnsupportedMediaType);
        }

        if (request.ContentLength > MaxBytes)
        {
            throw new BadHttpRequestException("Too large", StatusCodes.Status413PayloadTooLarge);
        }

        var buffer = new byte[(request.ContentLength ?? MaxBytes) + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= MaxBytes
            ? buffer.AsMemory(0, length)
            : throw new BadHttpRequestException("Too large", StatusCodes.Status413PayloadTooLarge);
    }

    /// <summary>Parses and checks a body.</summary>
    /// <exception cref="InvalidRequestException">The body is not JSON, or does not match <typeparamref name="T"/>.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> body)
        where T : class
    {
        body = WithoutByteOrderMark(body);
        if (!Utf8.IsValid(body.Span))
        {
            throw new InvalidRequestException("body", "is not valid UTF-8.");
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            JsonCheck.Throw(document.RootElement, Options.GetTypeInfo(typeof(T)));
            return document.Deserialize<T>(Options)!;
        }
        catch (JsonException malformed)
        {
            throw new InvalidRequestException("body", $"is not valid JSON (line {malformed.LineNumber + 1}).");
        }
    }

    /// <summary>
    /// The body without the UTF-8 byte order mark that some clients put first; RFC 8259 section 8.1 lets parsers ignore it.
    /// </summary>
    public static ReadOnlyMemory<byte> WithoutByteOrderMark(ReadOnlyMemory<byte> body) =>
        body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;

    /// <summary>No content coding is decoded, so a body that declares one is not what its media type says (RFC 9110 section 8.4).</summary>
    private static bool IsEncoded(HttpRequest request) =>
        request.Headers.ContentEncoding.Any(coding => coding?.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase) == false);

    private static bool IsDeclaredAsJson(HttpRequest request) =>
        request.HasJsonContentType()
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && (type.CharSet is null || type.CharSet.Trim('"').Equals(Encoding.UTF8.WebName, StringComparison.OrdinalIgnoreCase));
}
