using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>Ids of the events that the runtime logs: 8000 to 8999. 8020 to 8022 were used once and stay unused.</summary>
internal static class LogEvents
{
    public static readonly EventId SagaNotFound = new(8001, nameof(SagaNotFound));
    public static readonly EventId ImmediateRetry = new(8002, nameof(ImmediateRetry));
    public static readonly EventId DelayedRetry = new(8003, nameof(DelayedRetry));
    public static readonly EventId MovedToErrorQueue = new(8004, nameof(MovedToErrorQueue));
    public static readonly EventId PoisonMessage = new(8005, nameof(PoisonMessage));
    public static readonly EventId DatabaseUnavailable = new(8006, nameof(DatabaseUnavailable));
    public static readonly EventId DatabaseAvailable = new(8007, nameof(DatabaseAvailable));
    public static readonly EventId BrokerUnavailable = new(8008, nameof(BrokerUnavailable));
    public static readonly EventId BrokerConnected = new(8009, nameof(BrokerConnected));
    public static readonly EventId CriticalError = new(8010, nameof(CriticalError));
    public static readonly EventId DispatchPostponed = new(8011, nameof(DispatchPostponed));
    public static readonly EventId OutboxRecovered = new(8012, nameof(OutboxRecovered));
    public static readonly EventId OutboxMaintenanceFailed = new(8013, nameof(OutboxMaintenanceFailed));
    public static readonly EventId AcknowledgementLost = new(8014, nameof(AcknowledgementLost));
    public static readonly EventId Stopped = new(8015, nameof(Stopped));
    public static readonly EventId MonitoringNotReported = new(8016, nameof(MonitoringNotReported));
    public static readonly EventId MonitoringReported = new(8017, nameof(MonitoringReported));
    public static readonly EventId CheckFailed = new(8018, nameof(CheckFailed));
    public static readonly EventId CheckPassed = new(8019, nameof(CheckPassed));
    public static readonly EventId EventReturned = new(8023, nameof(EventReturned));
    public static readonly EventId EventTakenAgain = new(8024, nameof(EventTakenAgain));
    public static readonly EventId RetryNotAcknowledged = new(8025, nameof(RetryNotAcknowledged));
    public static readonly EventId DeliveriesRenewed = new(8026, nameof(DeliveriesRenewed));
    public static readonly EventId TopologyNotAsserted = new(8027, nameof(TopologyNotAsserted));
    public static readonly EventId MovedAsItCame = new(8028, nameof(MovedAsItCame));
    public static readonly EventId EventLost = new(8029, nameof(EventLost));
}
