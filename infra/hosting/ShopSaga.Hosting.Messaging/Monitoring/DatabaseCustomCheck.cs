using Npgsql;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>The service's database answers a statement.</summary>
internal sealed class DatabaseCustomCheck(
    NpgsqlDataSource database, ReportingSettings settings) : CustomCheck("Database is reachable", "Database", settings.CheckEvery)
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        await using var command = database.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync(cancellationToken);
        return CheckResult.Pass;
    }
}
