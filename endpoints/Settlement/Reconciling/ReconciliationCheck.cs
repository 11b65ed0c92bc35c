using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>Degraded while the latest comparison of any day found a difference. The service does its work all the same.</summary>
internal sealed class ReconciliationCheck(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var days = await connection.QueryAsync<DateOnly>(new CommandDefinition(
            """
            SELECT business_date
            FROM (SELECT DISTINCT ON (business_date) business_date, differences FROM reconciliations ORDER BY business_date, id DESC) AS latest
            WHERE differences > 0
            ORDER BY business_date
            """,
            cancellationToken: cancellationToken));
        return days.AsList() is [_, ..] differing
            ? HealthCheckResult.Degraded($"The books differ on {string.Join(", ", differing.Select(day => $"{day:yyyy-MM-dd}"))}.")
            : HealthCheckResult.Healthy();
    }
}
