namespace ShopSaga.Hosting.Monitoring;

/// <summary>
/// Failed messages do not pile up unseen. While ServiceControl reads the queue it passes, however many messages are in it: they are being
/// imported, or on their way back after a retry. One service reports it, since the queue is one for all.
/// </summary>
internal sealed class ErrorQueueCustomCheck(MonitoredEndpoint endpoint, ServiceControl settings)
    : CustomCheck("Few failed messages wait", "Messaging", settings.CheckEvery)
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        var queue = await BrokerQueue.StateOf(endpoint.Broker, MonitoredEndpoint.ErrorQueue, cancellationToken);
        return queue.ConsumerCount > 0 || queue.MessageCount <= settings.MostFailedMessages
            ? CheckResult.Pass
            : CheckResult.Failed(
                $"Nothing reads the queue {MonitoredEndpoint.ErrorQueue}, and {queue.MessageCount} failed messages wait in it.");
    }
}
