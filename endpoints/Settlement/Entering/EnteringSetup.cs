using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Settlement.Entering;

internal static class EnteringSetup
{
    public static void AddEntering(this WebApplicationBuilder builder) => builder.Services
        .AddSingleton<Ledger>()
        .AddDatabaseGauge(SettlementMetrics.Overdue);

    /// <summary>
    /// Registers the handlers. Messages are handled in the order of time, so that groups change the totals of several days from the
    /// earliest on.
    /// </summary>
    public static void AddEntering(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<EnterCaptureHandler>();
        endpoint.AddHandler<EnterRefundHandler>();
        endpoint.HandleInGroups(configuration, message => message switch
        {
            PaymentCompleted completed => completed.CompletedAt.UtcTicks,
            PaymentRefunded refunded => refunded.RefundedAt.UtcTicks,
            _ => null,
        });
    }
}
