namespace ShopSaga.Bus.Testing;

/// <summary>The context for a test of a handler.</summary>
public class TestableMessageHandlerContext : TestableMessageProcessingContext, IMessageHandlerContext
{
    /// <summary>What the handler gets as its transaction; null unless the test sets it.</summary>
    public ISynchronizedStorageSession SynchronizedStorageSession { get; set; } = null!;

    /// <summary>Whether the handler called <see cref="DoNotContinueDispatchingCurrentMessageToHandlers"/>.</summary>
    public bool DoNotContinueDispatchingCurrentMessageToHandlersWasCalled { get; private set; }

    /// <inheritdoc />
    public virtual void DoNotContinueDispatchingCurrentMessageToHandlers() => DoNotContinueDispatchingCurrentMessageToHandlersWasCalled = true;
}
