using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reporting;

/// <summary>GET /settlements/monthly and /settlements/monthly/{yearMonth}: months as they stand, the sums of their days.</summary>
internal static class MonthlySettlements
{
    /// <summary>The twelve months of <c>year</c>, by default of this one.</summary>
    internal static async Task<Ok<ItemsOf<MonthlySettlement>>> List(
        HttpRequest request,
        NpgsqlDataSource database,
        BusinessCalendar calendar,
        CancellationToken cancellationToken)
    {
        var year = (int)(request.Number("year", 1, 9999) ?? calendar.Today.Year);
        var days = await Days.Read(database, new DateOnly(year, 1, 1), new DateOnly(year, 12, 31), cancellationToken);
        return TypedResults.Ok(new ItemsOf<MonthlySettlement>(
            [.. Enumerable.Range(1, 12).Select(month => days.Of(new Month(new DateOnly(year, month, 1))))],
            NextCursor: null));
    }

    internal static async Task<Ok<MonthlySettlement>> Read(string yearMonth, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var month = Month.Parse(nameof(yearMonth), yearMonth);
        return TypedResults.Ok((await Days.Read(database, month.FirstDay, month.LastDay, cancellationToken)).Of(month));
    }
}

/// <summary>A month of the business.</summary>
internal sealed record MonthlySettlement(
    string YearMonth,
    long TotalAmount,
    long PaymentCount,
    long RefundAmount,
    long RefundCount,
    long NetAmount,
    string Status)
{
    public static MonthlySettlement Of(Month month, Totals totals, bool isClosed) => new(
        month.ToString(),
        totals.TotalAmount,
        totals.PaymentCount,
        totals.RefundAmount,
        totals.RefundCount,
        totals.NetAmount,
        SettlementStatus.Of(isClosed));
}
