namespace ShopSaga.Bus;

/// <summary>
/// A delivered message that waits to be settled: acknowledged or requeued. Settling one that is no longer alive does nothing: it will be
/// delivered again.
/// </summary>
internal abstract class InFlightMessage(IncomingMessage message)
{
    public IncomingMessage Message => message;

    /// <summary>Whether the channel that delivered the message is still open.</summary>
    public abstract bool IsAlive { get; }

    /// <summary>Lets the broker remove the message from its queue.</summary>
    public abstract ValueTask Acknowledge();

    /// <summary>Returns the message to its queue.</summary>
    public abstract ValueTask Requeue();

    /// <summary>Puts the message as it came into the error queue, where no copy with the failure in its headers could be sent.</summary>
    /// <exception cref="Exception">The error queue did not take it.</exception>
    public abstract Task ForwardToErrorQueue();
}
