using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ShopSaga.Bus;

/// <summary>
/// The endpoint's state as a health check called <c>bus</c>. Unhealthy until it has subscribed for the first time, since events published
/// before would be missed; degraded while broker or database are away, or the broker takes no messages, since requests are still accepted
/// and nothing is lost.
/// </summary>
internal sealed class EndpointHealth : IHealthCheck
{
    private volatile bool _subscribed;
    private volatile string? _broker = "not connected yet";
    private volatile string? _blocked;
    private volatile string? _database;
    private volatile string? _outbox;

    public void BrokerConnected()
    {
        _subscribed = true;
        _broker = null;
    }

    public void BrokerLost(string reason) => _broker = reason;

    /// <summary>A broker that is short of memory or disk delivers messages, but takes none. Null when it takes them again.</summary>
    public Task PublishingBlocked(string? reason)
    {
        _blocked = reason is null ? null : $"takes no messages: {reason}";
        return Task.CompletedTask;
    }

    public void DatabaseLost(string reason) => _database = reason;

    public void DatabaseBack() => _database = null;

    /// <summary>The poller asks for a connection every second, so it also notices a pool that has none left.</summary>
    public void OutboxNotPolled(string reason) => _outbox = reason;

    public void OutboxPolled() => _outbox = null;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        (string What, string? Reason)[] problems = [("broker", _broker ?? _blocked), ("database", _database), ("outbox", _outbox)];
        var problem = string.Join("; ", problems.Where(entry => entry.Reason is not null).Select(entry => $"{entry.What}: {entry.Reason}"));
        return Task.FromResult((problem, _subscribed) switch
        {
            ("", _) => HealthCheckResult.Healthy("receiving"),
            (_, true) => HealthCheckResult.Degraded(problem),
            (_, false) => HealthCheckResult.Unhealthy(problem),
        });
    }
}
