namespace ShopSaga.Bus;

/// <summary>A message as it came from the broker. Headers must not be changed: retries and failures are made from them.</summary>
internal sealed class IncomingMessage
{
    public required string NativeId { get; init; }

    /// <summary>The logical id: key of the inbox, equal for every retry.</summary>
    public required string MessageId { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>How often it was delivered since it entered the queue, this time included; at least 1.</summary>
    public required int DeliveryAttempt { get; init; }

    /// <summary>The deserialized body, once it was read: handlers of a message that is processed again get the same object.</summary>
    public object? Content { get; set; }

    /// <summary>Infrastructure messages have no body, and no handler sees them.</summary>
    public bool IsControl =>
        Body.IsEmpty
            || (Headers.TryGetValue(Bus.Headers.ControlMessageHeader, out var value) && bool.TryParse(value, out var control) && control);
}
