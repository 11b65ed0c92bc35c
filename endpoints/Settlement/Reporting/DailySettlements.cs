using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reporting;

/// <summary>GET /settlements/daily and /settlements/daily/{date}: days as they stand.</summary>
internal static class DailySettlements
{
    private const int DaysByDefault = 30;
    private const int DaysOfAYear = 366;

    /// <summary>
    /// Every day from <c>from</c> to <c>to</c>, oldest first, a year at a time. Without <c>to</c> it ends today; without <c>from</c> it has 30 days.
    /// </summary>
    internal static async Task<Ok<ItemsOf<DailySettlement>>> List(
        HttpRequest request,
        Page page,
        NpgsqlDataSource database,
        BusinessCalendar calendar,
        CancellationToken cancellationToken)
    {
        var to = request.Date("to") ?? calendar.Today;
        var from = request.Date("from") ?? DateOnly.FromDayNumber(Math.Max(0, to.DayNumber - DaysByDefault + 1));
        if (from > to)
        {
            throw new InvalidRequestException("from", $"must not be after 'to' ({to:yyyy-MM-dd}).");
        }

        // A cursor is the number of the day that follows.
        var part = request.Query.ContainsKey("limit") ? page : page with { Limit = DaysOfAYear };
        var first = part.After ?? from.DayNumber;
        if (first < from.DayNumber || first > to.DayNumber)
        {
            throw new InvalidRequestException("cursor", "is not a cursor that this list gave.");
        }

        var count = Math.Min(part.Fetch, to.DayNumber - (int)first + 1);
        var dates = Enumerable.Range((int)first, count).Select(DateOnly.FromDayNumber).ToList();
        var days = await Days.Read(database, dates[0], dates[^1], cancellationToken);
        return TypedResults.Ok(part.Of([.. dates.Select(days.On)], day => day.ReportDate.DayNumber + 1L));
    }

    internal static async Task<Ok<DailySettlement>> Read(string date, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var day = Query.Date(nameof(date), date);
        return TypedResults.Ok((await Days.Read(database, day, day, cancellationToken)).On(day));
    }
}

/// <summary>A day of the business. Refunds count on the day they are made, apart from what was taken.</summary>
internal sealed record DailySettlement(
    DateOnly ReportDate,
    long TotalAmount,
    long PaymentCount,
    long RefundAmount,
    long RefundCount,
    long NetAmount,
    string Status)
{
    public static DailySettlement Of(DateOnly date, Totals totals, bool isClosed) => new(
        date,
        totals.TotalAmount,
        totals.PaymentCount,
        totals.RefundAmount,
        totals.RefundCount,
        totals.NetAmount,
        SettlementStatus.Of(isClosed));
}
