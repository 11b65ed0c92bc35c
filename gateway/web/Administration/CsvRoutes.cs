using ShopSaga.Web.Api;
using ShopSaga.Web.Sessions;

namespace ShopSaga.Web.Administration;

/// <summary>GET /admin/csv/…: reports of Settlement, as a browser downloads them.</summary>
internal static class CsvRoutes
{
    public static void MapCsv(this IEndpointRouteBuilder app)
    {
        var reports = app.MapGroup("/admin/csv").RequireAuthorization(policy => policy.RequireRole(SessionCookie.AdminRole));
        reports.MapGet("daily", (string? from, string? to, ShopApi api) => File(
            api, ApiRoutes.ListDays, null, new() { ["from"] = from, ["to"] = to, ["limit"] = "100" }, $"daily-{from}-{to}.csv"));
        reports.MapGet("monthly", (string? year, ShopApi api) => File(
            api, ApiRoutes.ListMonths, null, new() { ["year"] = year }, $"monthly-{year}.csv"));
        reports.MapGet("reconciliation", (string? date, ShopApi api) => File(
            api, ApiRoutes.Reconcile, date, null, $"reconciliation-{date}.csv"));
    }

    private static async Task<IResult> File(
        ShopApi api, ApiRoute operation, object? id, Dictionary<string, string?>? query, string name) =>
        await api.Csv(operation, id, query) is { Value: { } text }
            ? TypedResults.File(System.Text.Encoding.UTF8.GetBytes(text), "text/csv; charset=utf-8", name)
            : TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
}
