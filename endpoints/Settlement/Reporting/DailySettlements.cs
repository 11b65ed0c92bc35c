using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reporting;

/// <summary>GET /settlements/daily and /settlements/daily/{date}: the current totals of days.</summary>
internal static class DailySettlements
{
    private const int DefaultDays = 30;
    private const int MaxDays = 366;

    /// <summary>
    /// Every day from <c>from</c> to <c>to</c>, oldest first, at most a year in one answer. Without <c>to</c> the list ends today; without
    /// <c>from</c> it has 30 days.
    /// </summary>
    internal static async Task<Ok<ItemsOf<DailySettlement>>> List(
        HttpRequest request,
        Page page,
        NpgsqlDataSource database,
        BusinessCalendar calendar,
        CancellationToken cancellationToken)
    {
        var to = request.Date("to") ?? calendar.Today;
        var from = request.Date("from") ?? DateOnly.FromDayNumber(Math.Max(0, to.DayNumber - DefaultDays + 1));
        if (from > to)
        {
            throw new InvalidRequestException("from", $"must not be after 'to' ({to:yyyy-MM-dd}).");
        }

        // The cursor is the day number of the next day: days have no id, and the list has one item for each.
        var part = request.Query.ContainsKey("limit") ? page : page with { Limit = MaxDays };
        var first = part.After ?? from.DayNumber;
        if (first < from.DayNumber || first > to.DayNumber)
        {
            throw new InvalidRequestException("cursor", "is not a cursor of this list.");
        }

        var count = Math.Min(part.Fetch, to.DayNumber - (int)first + 1);
        var dates = Enumerable.Range((int)first, count).Select(DateOnly.FromDayNumber).ToList();
        var days = await SettlementPeriod.Read(database, dates[0], dates[^1], cancellationToken);
        return TypedResults.Ok(part.Of([.. dates.Select(days.Day)], day => day.ReportDate.DayNumber + 1L));
    }

    internal static async Task<Ok<DailySettlement>> Read(string date, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var day = Query.Date(nameof(date), date);
        return TypedResults.Ok((await SettlementPeriod.Read(database, day, day, cancellationToken)).Day(day));
    }
}
