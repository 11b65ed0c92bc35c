using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>Everything that an endpoint tells ServiceControl, as far as it is configured. Each queue has a connection of its own.</summary>
internal sealed class EndpointMonitoring : IAsyncDisposable
{
    private readonly Dictionary<string, MonitoringQueue> _queues = [];
    private readonly List<Func<CancellationToken, Task>> _reporters = [];

    public EndpointMonitoring(
        EndpointConfiguration configuration,
        HostIdentity host,
        Func<ITransport> connect,
        IServiceScopeFactory scopes,
        TimeProvider time,
        ILogger<EndpointMonitoring> logger)
    {
        var settings = configuration.Monitoring;
        var endpoint = configuration.EndpointName;
        if (settings.Heartbeats is { } heartbeats)
        {
            _reporters.Add(new Heartbeats(heartbeats, Queue(heartbeats.Queue), endpoint, host, time).Run);
        }

        if (settings.Checks is { } checks)
        {
            _reporters.Add(new CustomChecks(checks, settings.CheckTypes, Queue(checks.Queue), endpoint, host, scopes, time, logger).Run);
        }

        if (settings.Metrics is { } metrics)
        {
            Metrics = new ServiceControlMetrics();
            _reporters.Add(new MetricsReporter(metrics, Metrics, Queue(metrics.Queue), endpoint, host, time).Run);
        }

        if (settings.SagaAuditQueue is { } sagaAudit)
        {
            SagaAudit = new SagaAudit(Queue(sagaAudit), endpoint, time);
            _reporters.Add(Queue(sagaAudit).Probe);
        }

        MonitoringQueue Queue(string name) =>
            _queues.TryGetValue(name, out var queue) ? queue : _queues[name] = new MonitoringQueue(name, endpoint, connect, time, logger);
    }

    public ServiceControlMetrics? Metrics { get; }

    public SagaAudit? SagaAudit { get; }

    /// <summary>Reports until cancelled.</summary>
    public Task Run(CancellationToken cancellationToken) => Task.WhenAll(_reporters.Select(report => report(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in _queues.Values)
        {
            await queue.DisposeAsync();
        }
    }
}
