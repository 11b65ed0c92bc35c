namespace ShopSaga.Bus;

/// <summary>RabbitMQ: a connection to publish and another to receive, each of which recovers by itself.</summary>
internal sealed class RabbitMqInfrastructure : ITransport
{
    private readonly RabbitMqDispatcher _dispatcher;
    private readonly RabbitMqReceiver _receiver;

    public RabbitMqInfrastructure(RabbitMQTransport settings, TransportContext context)
    {
        var connections = new RabbitMqConnections(settings, context.EndpointName);
        _dispatcher = new RabbitMqDispatcher(connections, context);
        _receiver = new RabbitMqReceiver(connections, _dispatcher, context);
    }

    public Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken) =>
        _dispatcher.Dispatch(operations, cancellationToken);

    public Task Receive(IDeliveryTarget target, CancellationToken stop) => _receiver.Run(target, stop);

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        await _dispatcher.DisposeAsync();
    }
}
