using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reporting;

internal static class ReportingRoutes
{
    public static void MapReporting(this IEndpointRouteBuilder app)
    {
        var reports = app.MapGroup("/settlements").RequireAdmin();
        reports.MapGet("daily", DailySettlements.List)
            .Describe("listDays", "Days with their current totals, oldest first")
            .TakesDate("from", "The first day; by default the list has 30 days.")
            .TakesDate("to", "The last day; today by default.")
            .OffersCsv((ItemsOf<DailySettlement> days) => days.Items, days => days.NextCursor);
        reports.MapGet("daily/{date}", DailySettlements.Read)
            .Describe("readDay", "A day with its current totals")
            .OffersCsv<DailySettlement, DailySettlement>(day => [day])
            .Refuses(400);
        reports.MapGet("monthly", MonthlySettlements.List)
            .Describe("listMonths", "The months of a year with their current totals")
            .TakesNumber("year", "The year; the current one by default.")
            .OffersCsv((ItemsOf<MonthlySettlement> months) => months.Items);
        reports.MapGet("monthly/{yearMonth}", MonthlySettlements.Read)
            .Describe("readMonth", "A month with its current totals")
            .OffersCsv<MonthlySettlement, MonthlySettlement>(month => [month])
            .Refuses(400);
    }
}
