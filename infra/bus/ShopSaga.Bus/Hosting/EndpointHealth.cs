using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ShopSaga.Bus;

/// <summary>
/// The endpoint's state as a health check called <c>bus</c>. Unhealthy until it has subscribed for the first time, since events published before
/// would be missed; degraded while broker or database are away, or the broker takes no messages, since requests are still accepted and nothing is lost.
/// </summary>
internal sealed class EndpointHealth : IHealthCheck
{
    private volatile bool _subscribed;
    private volatile string? _broker = "not connected yet";
    private volatile string? _blocked;
    private volatile string? _database;

    public void BrokerConnected()
    {
        _subscribed = true;
        _broker = null;
    }

    public void BrokerLost(string reason) => _broker = reason;

    /// <summary>A broker that is short of memory or disk hands messages out, but takes none. Null when it takes them again.</summary>
    public Task PublishingBlocked(string? reason)
    {
        _blocked = reason is null ? null : $"takes no messages: {reason}";
        return Task.CompletedTask;
    }

    public void DatabaseLost(string reason) => _database = reason;

    public void DatabaseBack() => _database = null;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problem = (_broker ?? _blocked, _database) switch
        {
            (null, null) => null,
            ({ } broker, null) => $"broker: {broker}",
            (null, { } database) => $"database: {database}",
            ({ } broker, { } database) => $"broker: {broker}; database: {database}",
        };
        return Task.FromResult((problem, _subscribed) switch
        {
            (null, _) => HealthCheckResult.Healthy("receiving"),
            (_, true) => HealthCheckResult.Degraded(problem),
            (_, false) => HealthCheckResult.Unhealthy(problem),
        });
    }
}
