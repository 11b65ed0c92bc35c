using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Hosting.Health;

/// <summary>
/// The service's database answers a statement on a connection of the pool that requests and messages use, so an exhausted pool is
/// unhealthy. A database that refuses writes is degraded: reads are still served, and messages wait.
/// </summary>
internal sealed class DatabaseCheck(NpgsqlDataSource database, WriteRefusals refusals, TimeProvider time) : IHealthCheck
{
    // Shorter than the probes of the gateway and of the chart wait.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await using var command = database.CreateCommand("SELECT current_setting('transaction_read_only')::boolean");
            var isReadOnly = await command.ExecuteScalarAsync(either.Token) is true;
            return (isReadOnly ? "is read-only" : refusals.Reason) is { } reason
                ? HealthCheckResult.Degraded(reason)
                : HealthCheckResult.Healthy();
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("does not answer, or all connections of the pool are in use");
        }
        catch (NpgsqlException failure)
        {
            return HealthCheckResult.Unhealthy(failure.Message);
        }
    }
}
