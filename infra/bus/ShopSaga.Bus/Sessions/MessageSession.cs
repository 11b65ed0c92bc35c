namespace ShopSaga.Bus;

/// <summary>Hands messages straight to the broker.</summary>
internal sealed class MessageSession(Endpoint endpoint) : IMessageSession
{
    public Task Send(object message, SendOptions options, CancellationToken cancellationToken = default) =>
        endpoint.Dispatch([endpoint.Outgoing.Send(message, options, default)], cancellationToken);

    public Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default) =>
        endpoint.Dispatch([endpoint.Outgoing.Publish(message, options, default)], cancellationToken);
}
