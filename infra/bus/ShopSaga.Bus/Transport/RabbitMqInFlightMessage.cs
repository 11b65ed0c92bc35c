namespace ShopSaga.Bus;

/// <summary>A message that the broker handed out on a channel.</summary>
internal sealed class RabbitMqInFlightMessage(
    RabbitMqAcknowledgements acknowledgements,
    ulong tag,
    IncomingMessage message,
    Func<Task> forwardToErrorQueue) : InFlightMessage(message)
{
    private bool _settled;

    public override bool IsAlive => acknowledgements.ReachesBroker;

    public override ValueTask Acknowledge()
    {
        if (!_settled)
        {
            _settled = true;
            acknowledgements.Acknowledge(tag);
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask Requeue()
    {
        if (_settled)
        {
            return ValueTask.CompletedTask;
        }

        _settled = true;
        return acknowledgements.Requeue(tag);
    }

    public override Task ForwardToErrorQueue() => forwardToErrorQueue();
}
