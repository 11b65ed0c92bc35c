namespace ShopSaga.Bus;

/// <summary>Messages could not be handed to the broker now.</summary>
internal class BrokerUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether the broker, or the client, answered and refused; the messages may be to blame.</summary>
    public bool IsRefusal { get; init; }
}

/// <summary>The queue that a message is sent to does not exist.</summary>
internal sealed class DestinationMissingException(
    string message, Exception? innerException = null) : BrokerUnavailableException(message, innerException);
