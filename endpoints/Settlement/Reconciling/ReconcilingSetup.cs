namespace ShopSaga.Settlement.Reconciling;

internal static class ReconcilingSetup
{
    public static void AddReconciling(this WebApplicationBuilder builder) => builder.Services
        .AddSingleton(StatementsClient.From(builder.Configuration))
        .AddSingleton<Reconciler>()
        .AddHealthChecks().AddCheck<ReconciliationHealthCheck>("reconciliation");
}
