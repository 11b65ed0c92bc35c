using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reporting;

/// <summary>GET /settlements/daily and /settlements/daily/{date}: days as they stand.</summary>
internal static class DailySettlements
{
    private const int DaysByDefault = 30;
    private const int DaysAtMost = 366;

    /// <summary>
    /// Every day from <c>from</c> to <c>to</c>, oldest first, a year at most. Without <c>to</c> it ends today; without <c>from</c> it has 30 days.
    /// </summary>
    internal static async Task<Ok<ItemsOf<DailySettlement>>> List(
        HttpRequest request,
        NpgsqlDataSource database,
        BusinessCalendar calendar,
        CancellationToken cancellationToken)
    {
        var to = request.Date("to") ?? calendar.Today;
        var from = request.Date("from") ?? DateOnly.FromDayNumber(Math.Max(0, to.DayNumber - DaysByDefault + 1));
        var days = to.DayNumber - from.DayNumber + 1;
        if (days is < 1 or > DaysAtMost)
        {
            throw new InvalidRequestException("from", $"must not be after 'to' ({to:yyyy-MM-dd}), nor more than {DaysAtMost - 1} days before it.");
        }

        var totals = await Totals.OfDays(database, from, to, cancellationToken);
        return TypedResults.Ok(new ItemsOf<DailySettlement>(
            [.. Enumerable.Range(from.DayNumber, days).Select(DateOnly.FromDayNumber).Select(date => DailySettlement.Of(date, totals))],
            NextCursor: null));
    }

    internal static async Task<Ok<DailySettlement>> Read(string date, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var day = Query.Date(nameof(date), date);
        return TypedResults.Ok(DailySettlement.Of(day, await Totals.OfDays(database, day, day, cancellationToken)));
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
    public static DailySettlement Of(DateOnly date, IReadOnlyDictionary<DateOnly, Totals> days)
    {
        var day = days.GetValueOrDefault(date, Totals.Zero);
        return new(date, day.TotalAmount, day.PaymentCount, day.RefundAmount, day.RefundCount, day.NetAmount, SettlementStatus.Open);
    }
}
