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

/// <summary>Hands operations to the broker; returns when it has confirmed all of them.</summary>
/// <exception cref="BrokerUnavailableException">Not all of the messages are safe; they can be dispatched again.</exception>
internal delegate Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken);

/// <summary>Messages could not be handed to the broker now.</summary>
internal class BrokerUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether the broker, or the client, answered and refused; the messages may be to blame.</summary>
    public bool IsRefusal { get; init; }
}

/// <summary>The queue that a message is sent to does not exist.</summary>
internal sealed class DestinationMissingException(
    string message, Exception? innerException = null) : BrokerUnavailableException(message, innerException);
