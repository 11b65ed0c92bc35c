using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace ShopSaga.Hosting.Health;

/// <summary>
/// On a stop signal the process reports that it is not ready, and keeps serving for <c>Shutdown:Delay</c> (zero by default) so that load
/// balancers can notice. Then it accepts no more requests and completes those in flight.
/// </summary>
internal sealed class Draining(IConfiguration configuration, TimeProvider time) : IHostedLifecycleService, IHealthCheck
{
    private readonly TimeSpan _delay =
        configuration.Time("Shutdown:Delay", TimeSpan.Zero, min: TimeSpan.Zero, max: TimeSpan.FromDays(1));

    private volatile bool _isStopping;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isStopping ? HealthCheckResult.Unhealthy("is stopping") : HealthCheckResult.Healthy());

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        return Task.Delay(_delay, time, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
