namespace ShopSaga.Bus;

/// <summary>Hands operations to the broker; returns when it has confirmed all of them.</summary>
/// <exception cref="BrokerUnavailableException">Not all of the messages are safe; they can be dispatched again.</exception>
internal delegate Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken);
