namespace ShopSaga.Bus;

/// <summary>Hands messages straight to the broker.</summary>
internal sealed class MessageSession(OutgoingMessages outgoing, Dispatch dispatch) : IMessageSession
{
    public Task Send(object message, SendOptions options, CancellationToken cancellationToken = default) =>
        dispatch([outgoing.Send(message, options, default)], cancellationToken);

    public Task Publish(object message, PublishOptions options, CancellationToken cancellationToken = default) =>
        dispatch([outgoing.Publish(message, options, default)], cancellationToken);
}
