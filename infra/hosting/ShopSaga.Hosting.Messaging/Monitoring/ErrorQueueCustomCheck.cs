using Microsoft.Extensions.Logging;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>
/// Failed messages do not pile up unseen. The check passes while ServiceControl reads the queue, however many messages are in it: they are
/// being imported, or on their way back after a retry. It passes, too, while the queue is empty and nothing reads it, since ServiceControl
/// may be starting, but the log says so. One service reports it, since the queue is one for all.
/// </summary>
internal sealed class ErrorQueueCustomCheck(
    MonitoredEndpoint endpoint, ReportingSettings settings, ILogger<ErrorQueueCustomCheck> logger)
    : CustomCheck("Few failed messages wait", "Messaging", settings.CheckEvery)
{
    private bool _wasRead = true;

    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        var queue = await BrokerQueue.StateOf(endpoint.Broker, MonitoredEndpoint.ErrorQueue, cancellationToken);
        var isRead = queue.ConsumerCount > 0;
        if (_wasRead && !isRead)
        {
            logger.LogWarning(
                LogEvents.ErrorQueueUnread,
                "Nothing reads the queue {ErrorQueue}: a message that fails waits there, and ServicePulse does not show it",
                MonitoredEndpoint.ErrorQueue);
        }

        _wasRead = isRead;
        return isRead || queue.MessageCount <= settings.MostFailedMessages
            ? CheckResult.Pass
            : CheckResult.Failed(
                $"Nothing reads the queue {MonitoredEndpoint.ErrorQueue}, and {queue.MessageCount} failed messages wait in it. "
                    + "Start ServiceControl, or return them from the control room.");
    }
}
