using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Settlement.Recording;

internal static class RecordingSetup
{
    public static void AddRecording(this WebApplicationBuilder builder) => builder.Services
        .AddSingleton<Ledger>()
        .AddDatabaseGauge(SettlementMetrics.Overdue);
}
