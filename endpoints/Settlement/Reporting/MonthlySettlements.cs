using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reporting;

/// <summary>GET /settlements/monthly and /settlements/monthly/{yearMonth}: the current totals of months.</summary>
internal static class MonthlySettlements
{
    /// <summary>The twelve months of <c>year</c>, by default the current year.</summary>
    internal static async Task<Ok<ItemsOf<MonthlySettlement>>> List(
        HttpRequest request,
        NpgsqlDataSource database,
        BusinessCalendar calendar,
        CancellationToken cancellationToken)
    {
        var year = (int)(request.Number("year", 1, 9999) ?? calendar.Today.Year);
        var days = await SettlementPeriod.Read(database, new DateOnly(year, 1, 1), new DateOnly(year, 12, 31), cancellationToken);
        return TypedResults.Ok(new ItemsOf<MonthlySettlement>(
            [.. Enumerable.Range(1, 12).Select(month => days.Month(new Month(new DateOnly(year, month, 1))))],
            NextCursor: null));
    }

    internal static async Task<Ok<MonthlySettlement>> Read(string yearMonth, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var month = Month.Parse(nameof(yearMonth), yearMonth);
        return TypedResults.Ok((await SettlementPeriod.Read(database, month.FirstDay, month.LastDay, cancellationToken)).Month(month));
    }
}
