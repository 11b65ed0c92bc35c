using System.Runtime.CompilerServices;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>Reports an endpoint to ServiceControl. A queue that does not exist costs a warning in the log, never the endpoint.</summary>
public static class ServiceControlExtensions
{
    /// <summary>The header that names this instance where it reports metrics under a name of its own.</summary>
    internal const string InstanceIdHeader = "NServiceBus.Metric.InstanceId";

    private static readonly ConditionalWeakTable<EndpointConfiguration, ServiceControlSettings> Settings = [];

    /// <summary>Reports at start, and then regularly, that the endpoint is alive.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="serviceControlQueue">ServiceControl's main queue.</param>
    /// <param name="frequency">How often; every 10 s by default.</param>
    /// <param name="timeToLive">How long the broker keeps a report that is not consumed; four times the frequency by default.</param>
    public static void SendHeartbeatTo(
        this EndpointConfiguration endpoint, string serviceControlQueue, TimeSpan? frequency = null, TimeSpan? timeToLive = null)
    {
        var every = frequency ?? TimeSpan.FromSeconds(10);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceControlQueue);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(every, TimeSpan.Zero, nameof(frequency));
        endpoint.ServiceControl().Heartbeats = new HeartbeatSettings(serviceControlQueue, every, timeToLive ?? every * 4);
    }

    /// <summary>Reports the results of custom checks.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="serviceControlQueue">ServiceControl's main queue.</param>
    /// <param name="timeToLive">How long the broker keeps a result that is not consumed; by default four times the check's
    /// interval.</param>
    public static void ReportCustomChecksTo(this EndpointConfiguration endpoint, string serviceControlQueue, TimeSpan? timeToLive = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceControlQueue);
        endpoint.ServiceControl().Checks = new CheckSettings(serviceControlQueue, timeToLive);
    }

    /// <summary>Adds a custom check; it gets its constructor's arguments from the services, and runs where checks are reported.</summary>
    /// <typeparam name="TCustomCheck">The check.</typeparam>
    public static void AddCustomCheck<TCustomCheck>(this EndpointConfiguration endpoint)
        where TCustomCheck : CustomCheck => endpoint.ServiceControl().CheckTypes.Add(typeof(TCustomCheck));

    /// <summary>Turns on metrics, which go where the options say.</summary>
    public static MetricsOptions EnableMetrics(this EndpointConfiguration endpoint) => new(endpoint);

    /// <summary>Reports each saga's work on each message; the saga view of ServicePulse is drawn from it.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="serviceControlQueue">The audit queue.</param>
    public static void AuditSagaStateChanges(this EndpointConfiguration endpoint, string serviceControlQueue)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceControlQueue);
        endpoint.ServiceControl().SagaAuditQueue = serviceControlQueue;
    }

    /// <summary>The settings of the endpoint; the first call makes it report.</summary>
    internal static ServiceControlSettings ServiceControl(this EndpointConfiguration endpoint)
    {
        if (!Settings.TryGetValue(endpoint, out var settings))
        {
            settings = new ServiceControlSettings();
            Settings.Add(endpoint, settings);
            endpoint.NewReporter = context => new ServiceControlReporter(settings, context);
        }

        return settings;
    }
}

/// <summary>Where an endpoint's metrics go.</summary>
public sealed class MetricsOptions
{
    private readonly EndpointConfiguration _endpoint;

    internal MetricsOptions(EndpointConfiguration endpoint) => _endpoint = endpoint;

    /// <summary>Reports processing time, critical time and retries to ServiceControl's monitoring.</summary>
    /// <param name="serviceControlMetricsAddress">The queue of the monitoring instance.</param>
    /// <param name="interval">How often to report; 10 to 60 s are recommended.</param>
    /// <param name="instanceId">A name for this instance, also put on all outgoing messages; by default the host stands for it.</param>
    public void SendMetricDataToServiceControl(string serviceControlMetricsAddress, TimeSpan interval, string? instanceId = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceControlMetricsAddress);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        _endpoint.ServiceControl().Metrics = new MetricsSettings(serviceControlMetricsAddress, interval, instanceId);
        if (instanceId is not null)
        {
            _endpoint.AddHeaderToAllOutgoingMessages(ServiceControlExtensions.InstanceIdHeader, instanceId);
        }
    }
}
