namespace ShopSaga.Bus;

/// <summary>The body or type of a message cannot be read. Such a message goes to the error queue without retries.</summary>
public sealed class MessageDeserializationException(string message, Exception? innerException = null) : Exception(message, innerException);
