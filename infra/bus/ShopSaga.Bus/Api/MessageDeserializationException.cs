namespace ShopSaga.Bus;

/// <summary>The body or type of a message cannot be read. Such a message goes to the error queue without retries.</summary>
public sealed class MessageDeserializationException : Exception
{
    /// <summary>Makes the exception.</summary>
    public MessageDeserializationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    public MessageDeserializationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception.</summary>
    public MessageDeserializationException()
    {
    }
}
