namespace ShopSaga.Settlement.Closing;

internal static class ClosingSetup
{
    // Hosted services start in the order of their registration: the schedule publishes, so it is added after the endpoint.
    public static void AddClosing(this WebApplicationBuilder builder) => builder.Services
        .AddSingleton<DailyClosing>()
        .AddSingleton<MonthlyClosing>()
        .AddSingleton(ClosingTimes.From(builder.Configuration))
        .AddHostedService<ClosingSchedule>();
}
