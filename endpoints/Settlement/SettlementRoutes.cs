using ShopSaga.Hosting.Authentication;
using ShopSaga.Settlement.Closing;
using ShopSaga.Settlement.Reconciling;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Settlement;

/// <summary>What the admin may read and do.</summary>
internal static class SettlementRoutes
{
    public static void MapSettlements(this IEndpointRouteBuilder app)
    {
        var settlements = app.MapGroup("/settlements").RequireAdmin();
        settlements.MapPost("daily/{date}/close", CloseDay.ByHand);
        settlements.MapPost("monthly/{yearMonth}/close", CloseMonth.ByHand);

        var reports = settlements.MapGroup("").AddEndpointFilter(Csv.IfAskedFor);
        reports.MapGet("daily", DailySettlements.List);
        reports.MapGet("daily/{date}", DailySettlements.Read);
        reports.MapGet("monthly", MonthlySettlements.List);
        reports.MapGet("monthly/{yearMonth}", MonthlySettlements.Read);
        reports.MapGet("reconciliation/{date}", Reconcile.OnRequest);
    }
}
