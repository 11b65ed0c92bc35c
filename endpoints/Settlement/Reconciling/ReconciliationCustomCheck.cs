using Npgsql;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>Reports to ServiceControl while the latest comparison of any day has differences.</summary>
internal sealed class ReconciliationCustomCheck(NpgsqlDataSource database)
    : CustomCheck("Provider, payments and ledger agree", "Settlement", TimeSpan.FromMinutes(1))
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default) =>
        await DifferingDays.Describe(database, cancellationToken) is { } days ? CheckResult.Failed(days) : CheckResult.Pass;
}
