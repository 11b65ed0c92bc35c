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
    /// <exception cref="BadHttpRequestException">The body is too large, or not declared as JSON.</exception>
    public static async Task<T> Read<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class
    {
        var body = await ReadBytes(request, cancellationToken);
        request.HttpContext.Items[typeof(JsonBody)] = body;
        return Parse<T>(body);
    }

    /// <summary>The body of the request as it was sent, once a parameter of the route has been read from it.</summary>
    /// <exception cref="InvalidOperationException">The route has no such parameter.</exception>
    public static ReadOnlyMemory<byte> Sent(HttpContext context) => context.Items[typeof(JsonBody)] is ReadOnlyMemory<byte> body
        ? body
        : throw new InvalidOperationException("The route reads no JSON body.");

    /// <summary>Reads the body as it was sent.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, or not declared as JSON.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadBytes(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!IsDeclaredAsJson(request))
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

    private static bool IsDeclaredAsJson(HttpRequest request) =>
        request.HasJsonContentType()
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && (type.CharSet is null || type.CharSet.Trim('"').Equals(Encoding.UTF8.WebName, StringComparison.OrdinalIgnoreCase));
}
