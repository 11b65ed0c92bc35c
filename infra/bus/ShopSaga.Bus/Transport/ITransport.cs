using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>A kind of transport and its settings.</summary>
public abstract class TransportDefinition
{
    internal abstract ITransport Create(TransportContext context);
}

/// <summary>
/// Carries messages to and from one endpoint. Messages of a queue may come in any order and more than once, but none is lost between the
/// return of <see cref="Dispatch"/> and the acknowledgement of its delivery.
/// </summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>Hands messages over; returns when all are safe.</summary>
    /// <exception cref="BrokerUnavailableException">Not all of the messages are safe; they can be dispatched again.</exception>
    Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken);

    /// <summary>
    /// Hands the messages of the endpoint's queue to <paramref name="target"/> until <paramref name="stop"/>, and recovers by itself. After
    /// it has returned, delivered messages can still be settled, until the transport is disposed of.
    /// </summary>
    Task Receive(IDeliveryTarget target, CancellationToken stop);
}

/// <summary>Where a transport hands deliveries.</summary>
internal interface IDeliveryTarget
{
    /// <summary>Takes a delivery over. Never waits; the transport's prefetch is the bound.</summary>
    void Enqueue(InFlightMessage delivery);

    /// <summary>
    /// Processes a group of deliveries and settles each, for a transport that decides itself what runs when, as the in-memory one does. A
    /// failure that not even recoverability could handle loses none of them.
    /// </summary>
    Task Process(IReadOnlyList<InFlightMessage> group, CancellationToken stop, CancellationToken abort);
}

/// <summary>What a transport knows of its endpoint.</summary>
/// <param name="EndpointName">Its name, shown by the broker's tools.</param>
/// <param name="Receiving">What it receives.</param>
/// <param name="Health">Learns of lost and recovered connections.</param>
/// <param name="CriticalError">Called when the broker stays away for long.</param>
/// <param name="WaitUntilSent">Ends when everything committed has left; a broker of a test waits for it.</param>
/// <param name="AtCrashPoint">Set by tests that end processing at a crash point.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">Makes loggers.</param>
internal sealed record TransportContext(
    string EndpointName,
    ReceiveSettings Receiving,
    EndpointHealth Health,
    Action<string, Exception> CriticalError,
    Func<Task> WaitUntilSent,
    AtCrashPoint? AtCrashPoint,
    TimeProvider Time,
    ILoggerFactory Loggers);

/// <summary>What an endpoint receives, and how much of it at once.</summary>
internal sealed record ReceiveSettings(
    string Queue,
    string ErrorQueue,
    string? AuditQueue,
    IReadOnlyList<Type> Events,
    bool Installers,
    int Concurrency,
    int GroupSize,
    int ConcurrencyAlone,
    string ConsumerTag);
