namespace ShopSaga.Bus.ServiceControl;

/// <summary>The reports of an endpoint and their queues; each report is off unless it has a queue.</summary>
internal sealed class ServiceControlSettings
{
    public HeartbeatSettings? Heartbeats { get; set; }

    public CheckSettings? Checks { get; set; }

    public MetricsSettings? Metrics { get; set; }

    public string? SagaAuditQueue { get; set; }

    public List<Type> CheckTypes { get; } = [];
}

internal sealed record HeartbeatSettings(string Queue, TimeSpan Frequency, TimeSpan TimeToLive);

internal sealed record CheckSettings(string Queue, TimeSpan? TimeToLive);

internal sealed record MetricsSettings(string Queue, TimeSpan Interval, string? InstanceId);
