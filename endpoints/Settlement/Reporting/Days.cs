using Dapper;
using Npgsql;

namespace ShopSaga.Settlement.Reporting;

/// <summary>The days of a time on which anything happened or that are closed, as they stand now.</summary>
internal sealed class Days
{
    private readonly Dictionary<DateOnly, (bool IsClosed, Totals Totals)> _days;

    public Days(IEnumerable<(DateOnly Date, bool IsClosed, Totals Totals)> days) =>
        _days = days.ToDictionary(day => day.Date, day => (day.IsClosed, day.Totals));

    /// <summary>Reads the days from <paramref name="from"/> to <paramref name="to"/>: at most 64 rows for an open day, and one for a closed one.</summary>
    public static async Task<Days> Read(NpgsqlDataSource database, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return new Days(await connection.QueryAsync<DateOnly, bool, Totals, (DateOnly, bool, Totals)>(
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

    /// <summary>One day.</summary>
    public DailySettlement On(DateOnly date) => _days.TryGetValue(date, out var day)
        ? DailySettlement.Of(date, day.Totals, day.IsClosed)
        : DailySettlement.Of(date, Totals.Zero, isClosed: false);

    /// <summary>The sum of a month's days. A month closes together with the last of its days.</summary>
    public MonthlySettlement Of(Month month)
    {
        var days = _days.Where(day => Month.Of(day.Key) == month).Select(day => day.Value).ToList();
        return MonthlySettlement.Of(
            month,
            days.Aggregate(Totals.Zero, (sum, day) => sum + day.Totals),
            days.Count(day => day.IsClosed) == month.Days);
    }
}
