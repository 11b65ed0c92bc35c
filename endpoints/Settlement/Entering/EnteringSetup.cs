using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Settlement.Entering;

internal static class EnteringSetup
{
    public static void AddEntering(this WebApplicationBuilder builder) => builder.Services
        .AddSingleton<Ledger>()
        .AddDatabaseGauge(SettlementMetrics.Overdue);
}
