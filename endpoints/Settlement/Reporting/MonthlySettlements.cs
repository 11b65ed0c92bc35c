using System.Globalization;
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
        var days = await Totals.OfDays(database, new DateOnly(year, 1, 1), new DateOnly(year, 12, 31), cancellationToken);
        return TypedResults.Ok(new ItemsOf<MonthlySettlement>(
            [.. Enumerable.Range(1, 12).Select(month => MonthlySettlement.Of(new DateOnly(year, month, 1), days))],
            NextCursor: null));
    }

    internal static async Task<Ok<MonthlySettlement>> Read(string yearMonth, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        if (!DateOnly.TryParseExact(yearMonth, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first))
        {
            throw new InvalidRequestException(nameof(yearMonth), "must be a month as yyyy-MM.");
        }

        var last = new DateOnly(first.Year, first.Month, DateTime.DaysInMonth(first.Year, first.Month));
        return TypedResults.Ok(MonthlySettlement.Of(first, await Totals.OfDays(database, first, last, cancellationToken)));
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
    public static MonthlySettlement Of(DateOnly first, IReadOnlyDictionary<DateOnly, Totals> days)
    {
        var month = days
            .Where(day => (day.Key.Year, day.Key.Month) == (first.Year, first.Month))
            .Aggregate(Totals.Zero, (sum, day) => sum + day.Value);
        return new(
            first.ToString("yyyy-MM", CultureInfo.InvariantCulture),
            month.TotalAmount,
            month.PaymentCount,
            month.RefundAmount,
            month.RefundCount,
            month.NetAmount,
            SettlementStatus.Open);
    }
}
