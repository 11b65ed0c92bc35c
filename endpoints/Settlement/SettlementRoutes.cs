using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
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
        settlements.MapPost("daily/{date}/close", CloseDay.ByHand)
            .Describe("closeDay", "Closes a past day, once")
            .Refuses(400)
            .Refuses(409, "conflict");
        settlements.MapPost("monthly/{yearMonth}/close", CloseMonth.ByHand)
            .Describe("closeMonth", "Closes a month that is over, once")
            .Refuses(400)
            .Refuses(409, "conflict");

        var reports = settlements.MapGroup("").AddEndpointFilter(Csv.IfAskedFor);
        reports.MapGet("daily", DailySettlements.List)
            .Describe("listDays", "Days as they stand, oldest first")
            .TakesDate("from", "The first day; 30 days before the last by default.")
            .TakesDate("to", "The last day; today by default.")
            .AnswersAlso(Csv.MediaType);
        reports.MapGet("daily/{date}", DailySettlements.Read)
            .Describe("readDay", "A day as it stands")
            .AnswersAlso(Csv.MediaType)
            .Refuses(400);
        reports.MapGet("monthly", MonthlySettlements.List)
            .Describe("listMonths", "The months of a year as they stand")
            .TakesNumber("year", "The year; this one by default.")
            .AnswersAlso(Csv.MediaType);
        reports.MapGet("monthly/{yearMonth}", MonthlySettlements.Read)
            .Describe("readMonth", "A month as it stands")
            .AnswersAlso(Csv.MediaType)
            .Refuses(400);
        reports.MapGet("reconciliation/{date}", Reconcile.OnRequest)
            .Describe("reconcile", "The provider's books of a day against those of payments and the ledger")
            .AnswersAlso(Csv.MediaType)
            .Refuses(400);
    }
}
