using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ShopSaga.Bus;

/// <summary>The outbox's <c>Operations</c> column, as NServiceBus.Persistence.Sql writes and reads it.</summary>
internal static class OutboxJson
{
    public const string None = "[]";

    /// <summary>The text goes into a column, not into a page; escaping more than JSON demands would only cost.</summary>
    private static readonly JsonWriterOptions Unescaped = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static string Write(IReadOnlyList<OutgoingOperation> operations)
    {
        if (operations.Count == 0)
        {
            return None;
        }

        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, Unescaped))
        {
            json.WriteStartArray();
            foreach (var operation in operations)
            {
                Write(json, operation);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static List<OutgoingOperation> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    private static void Write(Utf8JsonWriter json, OutgoingOperation operation)
    {
        json.WriteStartObject();
        json.WriteString("MessageId", operation.MessageId);
        if (!operation.Body.IsEmpty)
        {
            json.WriteBase64String("Body", operation.Body.Span);
        }

        json.WriteStartObject("Headers");
        foreach (var (key, value) in operation.Headers)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteStartObject("Options");
        if (operation.EventType is not null)
        {
            json.WriteString("EventType", operation.EventType.AssemblyQualifiedName);
        }
        else
        {
            json.WriteString("Destination", operation.Destination);
        }

        if (operation.Delay is { } delay)
        {
            json.WriteString("DelayDeliveryFor", delay.ToString("c", CultureInfo.InvariantCulture));
        }

        if (operation.DeliverAt is { } at)
        {
            json.WriteString("DeliverAt", WireTime.ToWire(at));
        }

        if (operation.TimeToBeReceived is { } ttbr)
        {
            json.WriteString("TimeToBeReceived", ttbr.ToString("c", CultureInfo.InvariantCulture));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static OutgoingOperation Read(JsonElement element)
    {
        var options = Strings(element, "Options");
        return new OutgoingOperation
        {
            MessageId = element.GetProperty("MessageId").GetString()!,
            Body = element.TryGetProperty("Body", out var body) && body.ValueKind == JsonValueKind.String
                ? body.GetBytesFromBase64()
                : default,
            Headers = Strings(element, "Headers"),
            EventType = options.TryGetValue("EventType", out var type) ? StoredTypes.Find(type) : null,
            Destination = options.GetValueOrDefault("Destination"),
            Delay = Span(options, "DelayDeliveryFor"),
            DeliverAt = options.TryGetValue("DeliverAt", out var at) ? WireTime.Parse(at) : null,
            TimeToBeReceived = Span(options, "TimeToBeReceived"),
        };
    }

    private static Dictionary<string, string> Strings(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value)
            ? value.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString() ?? string.Empty)
            : [];

    private static TimeSpan? Span(Dictionary<string, string> options, string key) =>
        options.TryGetValue(key, out var text) ? TimeSpan.Parse(text, CultureInfo.InvariantCulture) : null;
}
