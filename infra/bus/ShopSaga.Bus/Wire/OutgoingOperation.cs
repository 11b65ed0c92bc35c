namespace ShopSaga.Bus;

/// <summary>A message on its way out, with either a destination or an event type. The outbox stores it in this form, too.</summary>
internal sealed class OutgoingOperation
{
    public required string MessageId { get; init; }

    public required Dictionary<string, string> Headers { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The address it is sent to; null for an event.</summary>
    public string? Destination { get; init; }

    /// <summary>The published type; null for a message that is sent.</summary>
    public Type? EventType { get; init; }

    public TimeSpan? Delay { get; init; }

    public DateTimeOffset? DeliverAt { get; init; }

    public TimeSpan? TimeToBeReceived { get; init; }
}
