namespace ShopSaga.Bus;

/// <summary>Marks a class that handles messages; implement <see cref="IHandleMessages{T}"/> instead.</summary>
public interface IHandleMessages;

/// <summary>Handles messages of one type. An instance is made for each message, with services from the message's own scope.</summary>
/// <typeparam name="T">The message type; a class or record.</typeparam>
public interface IHandleMessages<T> : IHandleMessages
{
    /// <summary>
    /// Handles one message. Rows written through <see cref="IMessageHandlerContext.SynchronizedStorageSession"/> and messages sent or
    /// published through <paramref name="context"/> take effect together, once, or not at all. After an exception the message is retried.
    /// </summary>
    Task Handle(T message, IMessageHandlerContext context);
}

/// <summary>A message that starts the saga when none exists for its correlation value, and is handled by it otherwise.</summary>
/// <typeparam name="T">The message type.</typeparam>
public interface IAmStartedByMessages<T> : IHandleMessages<T>;

/// <summary>Handles a timeout that this saga asked for with <c>RequestTimeout</c>.</summary>
/// <typeparam name="T">The type of the timeout's state; exactly the type that was requested.</typeparam>
public interface IHandleTimeouts<T>
{
    /// <summary>Called when the time has come, unless the saga has completed meanwhile.</summary>
    Task Timeout(T state, IMessageHandlerContext context);
}
