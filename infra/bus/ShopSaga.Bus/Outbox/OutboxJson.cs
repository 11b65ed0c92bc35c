using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ShopSaga.Bus;

/// <summary>The outbox's <c>Operations</c> column, as NServiceBus.Persistence.Sql writes and reads it.</summary>
internal static class OutboxJson
{
    public const string None = "[]";

    private static readonly JsonSerializerOptions Json = new()
    {
        // The text goes into a column, not into a page; escaping more than JSON demands would only cost.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write(IReadOnlyList<OutgoingOperation> operations)
    {
        if (operations.Count == 0)
        {
            return None;
        }

        var stored = new Stored[operations.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            var operation = operations[i];
            stored[i] = new Stored(
                operation.MessageId,
                operation.Body.IsEmpty ? null : operation.Body,
                operation.Headers,
                new Options(
                    operation.EventType?.AssemblyQualifiedName,
                    operation.Destination,
                    operation.Delay,
                    operation.DeliverAt is { } at ? WireTime.ToWire(at) : null,
                    operation.TimeToBeReceived));
        }

        return JsonSerializer.Serialize(stored, Json);
    }

    public static List<OutgoingOperation> Read(string json) =>
        [.. JsonSerializer.Deserialize<Stored[]>(json, Json)!.Select(stored => new OutgoingOperation
        {
            MessageId = stored.MessageId,
            Body = stored.Body ?? default,
            Headers = stored.Headers?.ToDictionary(header => header.Key, header => header.Value ?? string.Empty) ?? [],
            EventType = stored.Options?.EventType is { } type ? StoredTypes.Find(type) : null,
            Destination = stored.Options?.Destination,
            Delay = stored.Options?.DelayDeliveryFor,
            DeliverAt = stored.Options?.DeliverAt is { } at ? WireTime.Parse(at) : null,
            TimeToBeReceived = stored.Options?.TimeToBeReceived,
        })];

    private sealed record Stored(string MessageId, ReadOnlyMemory<byte>? Body, Dictionary<string, string>? Headers, Options? Options);

    private sealed record Options(
        string? EventType, string? Destination, TimeSpan? DelayDeliveryFor, string? DeliverAt, TimeSpan? TimeToBeReceived);
}
