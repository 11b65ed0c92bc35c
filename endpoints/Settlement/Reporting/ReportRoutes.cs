using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Settlement.Reporting;

/// <summary>What the admin may read.</summary>
internal static class ReportRoutes
{
    public static void MapReports(this IEndpointRouteBuilder app)
    {
        var settlements = app.MapGroup("/settlements").RequireAdmin();
        settlements.MapGet("daily", DailySettlements.List);
        settlements.MapGet("daily/{date}", DailySettlements.Read);
        settlements.MapGet("monthly", MonthlySettlements.List);
        settlements.MapGet("monthly/{yearMonth}", MonthlySettlements.Read);
    }
}
