using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>A kind of transport and its settings.</summary>
public abstract class TransportDefinition
{
    internal abstract ITransport Create(TransportContext context);
}

/// <summary>
/// Carries messages to and from one endpoint. Messages of a queue may come in any order and more than once, but none is lost between the return of
/// <see cref="Dispatch"/> and the acknowledgement of its delivery.
/// </summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>Hands messages over; returns when all are safe.</summary>
    /// <exception cref="BrokerUnavailableException">Not all of the messages are safe; they can be dispatched again.</exception>
    Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken);

    /// <summary>
    /// Hands what arrives in the endpoint's queue to <paramref name="pump"/> until <paramref name="stop"/>, and recovers by itself. After it has
    /// returned, what was handed over can still be answered for, until the transport is disposed of.
    /// </summary>
    Task Receive(MessagePump pump, CancellationToken stop);
}

/// <summary>What a transport needs to know of its endpoint.</summary>
internal sealed record TransportContext(
    string EndpointName,
    ReceiveSettings Receiving,
    EndpointHealth Health,
    Func<string, Exception, Task> CriticalError,
    Func<Task> Settled,
    TimeProvider Time,
    ILoggerFactory Loggers);

/// <summary>What is received, and how much of it at once.</summary>
internal sealed record ReceiveSettings(
    string Queue, string ErrorQueue, string? AuditQueue, IReadOnlyList<Type> Events, bool Installers, int Concurrency, int GroupSize, string ConsumerTag);

/// <summary>A message that waits for an answer. Answering one that is no longer alive does nothing: it will be delivered again.</summary>
internal abstract class InFlightMessage(IncomingMessage message)
{
    public IncomingMessage Message => message;

    /// <summary>Whether an answer can still reach the broker.</summary>
    public abstract bool IsAlive { get; }

    /// <summary>Takes the message out of its queue.</summary>
    public abstract ValueTask Acknowledge();

    /// <summary>Puts the message back into its queue.</summary>
    public abstract ValueTask Requeue();
}

/// <summary>Messages could not be handed to the broker now.</summary>
internal sealed class BrokerUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
