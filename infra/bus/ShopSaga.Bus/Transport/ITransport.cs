namespace ShopSaga.Bus;

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
