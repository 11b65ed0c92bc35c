using Dapper;
using Npgsql;

namespace ShopSaga.Settlement.Reporting;

/// <summary>The current totals of all days of a period. Only days with entries and closed days are held; the others are zeros.</summary>
internal sealed class SettlementPeriod
{
    private readonly Dictionary<DateOnly, (bool IsClosed, Totals Totals)> _days;

    public SettlementPeriod(IEnumerable<(DateOnly Date, bool IsClosed, Totals Totals)> days) =>
        _days = days.ToDictionary(day => day.Date, day => (day.IsClosed, day.Totals));

    /// <summary>
    /// Reads the days from <paramref name="from"/> to <paramref name="to"/>: at most 64 rows for an open day, one for a closed day.
    /// </summary>
    public static async Task<SettlementPeriod> Read(
        NpgsqlDataSource database, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return new SettlementPeriod(await connection.QueryAsync<DateOnly, bool, Totals, (DateOnly, bool, Totals)>(
            new CommandDefinition(
                """
                SELECT report_date AS date, true AS is_closed, total_amount, payment_count, refund_amount, refund_count
                FROM daily_settlements
                WHERE report_date BETWEEN @from AND @to
                UNION ALL
                SELECT report_date, false,
                    sum(total_amount)::bigint, sum(payment_count)::bigint, sum(refund_amount)::bigint, sum(refund_count)::bigint
                FROM daily_totals AS day
                WHERE report_date BETWEEN @from AND @to
                    AND NOT EXISTS (SELECT FROM daily_settlements WHERE report_date = day.report_date)
                GROUP BY report_date
                """,
                new { from, to },
                cancellationToken: cancellationToken),
            (date, isClosed, totals) => (date, isClosed, totals),
            splitOn: "is_closed,total_amount"));
    }

    public DailySettlement Day(DateOnly date) => _days.TryGetValue(date, out var day)
        ? DailySettlement.Of(date, day.Totals, day.IsClosed)
        : DailySettlement.Of(date, Totals.Zero, isClosed: false);

    /// <summary>The sum of a month's days. The month is closed when all of them are.</summary>
    public MonthlySettlement Month(Month month)
    {
        var days = _days.Where(day => Settlement.Month.Of(day.Key) == month).Select(day => day.Value).ToList();
        return MonthlySettlement.Of(
            month,
            days.Aggregate(Totals.Zero, (sum, day) => sum + day.Totals),
            days.Count(day => day.IsClosed) == month.Days);
    }
}
