using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>Degraded while the latest comparison of any day found a difference. The service does its work all the same.</summary>
internal sealed class ReconciliationHealth(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await DaysThatDiffer.Read(database, cancellationToken) is { } days
            ? HealthCheckResult.Degraded(days)
            : HealthCheckResult.Healthy();
}

/// <summary>The same for ServiceControl.</summary>
internal sealed class ReconciliationCheck(NpgsqlDataSource database)
    : CustomCheck("Provider, payments and ledger agree", "Settlement", TimeSpan.FromMinutes(1))
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default) =>
        await DaysThatDiffer.Read(database, cancellationToken) is { } days ? CheckResult.Failed(days) : CheckResult.Pass;
}

/// <summary>What the latest comparisons say.</summary>
internal static class DaysThatDiffer
{
    /// <summary>A sentence that names the days whose latest comparison found a difference; null when there is none.</summary>
    public static async Task<string?> Read(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var days = await connection.QueryAsync<string>(new CommandDefinition(
            """
            SELECT to_char(business_date, 'YYYY-MM-DD')
            FROM (SELECT DISTINCT ON (business_date) business_date, differences FROM reconciliations ORDER BY business_date, id DESC) AS latest
            WHERE differences > 0
            ORDER BY business_date
            """,
            cancellationToken: cancellationToken));
        return days.AsList() is [_, ..] differing ? $"The books differ on {string.Join(", ", differing)}." : null;
    }
}
