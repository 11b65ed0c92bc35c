using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>Reports the endpoint to ServiceControl, as far as it is configured. Each queue has a connection of its own.</summary>
internal sealed class ServiceControlReporter : IEndpointReporter
{
    private readonly Dictionary<string, ServiceControlQueue> _queues = [];
    private readonly List<Func<CancellationToken, Task>> _reports = [];
    private readonly MeasuredValues? _metrics;
    private readonly SagaAudit? _sagaAudit;

    public ServiceControlReporter(ServiceControlSettings settings, ReporterContext context)
    {
        var (endpoint, host, connect, scopes, time, loggers) = context;
        var logger = loggers.CreateLogger<ServiceControlReporter>();
        if (settings.Heartbeats is { } heartbeats)
        {
            _reports.Add(new Heartbeats(heartbeats, Queue(heartbeats.Queue), endpoint, host, time).Run);
        }

        if (settings.Checks is { } checks)
        {
            _reports.Add(new CustomChecks(checks, settings.CheckTypes, Queue(checks.Queue), endpoint, host, scopes, time, logger).Run);
        }

        if (settings.Metrics is { } metrics)
        {
            _metrics = new MeasuredValues();
            _reports.Add(new MetricsReporter(metrics, _metrics, Queue(metrics.Queue), endpoint, host, time).Run);
        }

        if (settings.SagaAuditQueue is { } sagaAudit)
        {
            _sagaAudit = new SagaAudit(Queue(sagaAudit), endpoint, time);
            _reports.Add(Queue(sagaAudit).Probe);
        }

        ServiceControlQueue Queue(string name) =>
            _queues.TryGetValue(name, out var queue)
                ? queue
                : _queues[name] = new ServiceControlQueue(name, endpoint, connect, time, logger);
    }

    public bool WantsSagas => _sagaAudit is not null;

    public Task Run(CancellationToken cancellationToken) => Task.WhenAll(_reports.Select(report => report(cancellationToken)));

    public void Processed(IncomingMessage message, DateTimeOffset now, TimeSpan processing, TimeSpan? critical) =>
        _metrics?.Processed(message, now, processing, critical);

    public void Retried(IncomingMessage message, DateTimeOffset now) => _metrics?.Retried(message, now);

    public Task SagaStored(SagaReport report, CancellationToken cancellationToken) =>
        _sagaAudit?.Send(report, cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in _queues.Values)
        {
            await queue.DisposeAsync();
        }
    }
}
