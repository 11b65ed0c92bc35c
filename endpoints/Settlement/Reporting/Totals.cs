using Dapper;
using Npgsql;

namespace ShopSaga.Settlement.Reporting;

/// <summary>What was taken and given back in a time.</summary>
/// <param name="TotalAmount">Won taken, gross.</param>
/// <param name="PaymentCount">Payments taken.</param>
/// <param name="RefundAmount">Won given back in that time, whenever it was taken.</param>
/// <param name="RefundCount">Payments given back.</param>
internal sealed record Totals(long TotalAmount, long PaymentCount, long RefundAmount, long RefundCount)
{
    /// <summary>Nothing happened.</summary>
    public static readonly Totals Zero = new(0, 0, 0, 0);

    /// <summary>What is left.</summary>
    public long NetAmount => TotalAmount - RefundAmount;

    public static Totals operator +(Totals one, Totals other) => new(
        checked(one.TotalAmount + other.TotalAmount),
        one.PaymentCount + other.PaymentCount,
        checked(one.RefundAmount + other.RefundAmount),
        one.RefundCount + other.RefundCount);

    /// <summary>The totals of each day from <paramref name="from"/> to <paramref name="to"/> on which anything happened, as they are now.</summary>
    public static async Task<IReadOnlyDictionary<DateOnly, Totals>> OfDays(
        NpgsqlDataSource database,
        DateOnly from,
        DateOnly to,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var days = await connection.QueryAsync<DateOnly, Totals, (DateOnly Date, Totals Totals)>(
            new CommandDefinition(
                """
                SELECT report_date AS date,
                    sum(total_amount)::bigint AS total_amount, sum(payment_count)::bigint AS payment_count,
                    sum(refund_amount)::bigint AS refund_amount, sum(refund_count)::bigint AS refund_count
                FROM daily_totals
                WHERE report_date BETWEEN @from AND @to
                GROUP BY report_date
                """,
                new { from, to },
                cancellationToken: cancellationToken),
            (date, totals) => (date, totals),
            splitOn: "total_amount");
        return days.ToDictionary(day => day.Date, day => day.Totals);
    }
}
