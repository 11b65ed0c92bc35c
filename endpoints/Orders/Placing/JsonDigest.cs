using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// A digest of what a JSON text says, regardless of white space, the order of members and the escaping of characters: SHA-256 over a
/// canonical form, in the manner of RFC 8785.
/// </summary>
internal static class JsonDigest
{
    public static byte[] Of(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var canonical = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(canonical))
        {
            Write(document.RootElement, writer);
        }

        return SHA256.HashData(canonical.WrittenSpan);
    }

    private static void Write(JsonElement element, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().OrderBy(NameOf, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(NameOf(member));
                    Write(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(item, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Unescaped(element.GetString, element.GetRawText));
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static string NameOf(JsonProperty member) => Unescaped(() => member.Name, member.ToString);

    /// <summary>A text with half a surrogate pair cannot be unescaped; it stands for itself, as written.</summary>
    private static string Unescaped(Func<string?> unescape, Func<string> asWritten)
    {
        try
        {
            return unescape()!;
        }
        catch (InvalidOperationException)
        {
            return asWritten();
        }
    }
}
