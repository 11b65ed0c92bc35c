using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>Degraded while the latest comparison of any day has differences. Never unhealthy: the service works all the same.</summary>
internal sealed class ReconciliationHealthCheck(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await DifferingDays.Describe(database, cancellationToken) is { } days
            ? HealthCheckResult.Degraded(days)
            : HealthCheckResult.Healthy();
}
