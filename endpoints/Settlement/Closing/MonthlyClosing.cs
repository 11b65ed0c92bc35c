using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Settlement.Closing;

/// <summary>
/// Closes a month whose days are all closed: stores the sum for good and publishes <see cref="MonthlySettlementClosed"/>.
/// </summary>
internal sealed class MonthlyClosing(TimeProvider time, ILogger<MonthlyClosing> logger)
{
    /// <summary>POST /settlements/monthly/{yearMonth}/close: closes a past month without an open day.</summary>
    internal static async Task<Results<Ok<MonthlySettlement>, ProblemHttpResult>> Handle(
        string yearMonth,
        MonthlyClosing months,
        ITransactionalSession session,
        BusinessCalendar calendar,
        CancellationToken cancellationToken)
    {
        var month = Month.Parse(nameof(yearMonth), yearMonth);
        if (month.LastDay >= calendar.Today)
        {
            return Problems.Conflict("conflict", "Not over yet", $"{month} is not over: only a past month can be closed.");
        }

        await session.Open(cancellationToken);
        await months.CloseIfComplete(month.FirstDay, session, cancellationToken);
        var closed = await Read(session.Sql(cancellationToken), month);
        await session.Commit(cancellationToken);
        return closed is { } totals
            ? TypedResults.Ok(MonthlySettlement.Of(month, totals, isClosed: true))
            : Problems.Conflict("conflict", "Open days", $"{month} has open days: it closes with the last of its days.");
    }

    /// <summary>Closes the month of a day, unless it has an open day or is already closed.</summary>
    public async Task CloseIfComplete(DateOnly date, ITransactionalSession session, CancellationToken cancellationToken)
    {
        var month = Month.Of(date);
        var sql = session.Sql(cancellationToken);

        // Serializes concurrent closes of a month's last two days: otherwise neither sees the other's day, and the month stays open.
        await sql.Execute("SELECT pg_advisory_xact_lock(2, lock_number(@FirstDay))", new { month.FirstDay });
        var closed = await sql.QuerySingleOrDefault<Totals>(
            """
            INSERT INTO monthly_settlements (settlement_year_month, total_amount, payment_count, refund_amount, refund_count, closed_at)
            SELECT @yearMonth, sum(total_amount), sum(payment_count), sum(refund_amount), sum(refund_count), @now
            FROM daily_settlements
            WHERE report_date BETWEEN @FirstDay AND @LastDay
            HAVING count(*) = @Days
            ON CONFLICT DO NOTHING
            RETURNING total_amount, payment_count, refund_amount, refund_count
            """,
            new { yearMonth = month.ToString(), month.FirstDay, month.LastDay, month.Days, now = time.GetUtcNow() });
        if (closed is not null)
        {
            await session.Publish(
                new MonthlySettlementClosed(month.ToString(), closed.TotalAmount, checked((int)closed.PaymentCount)), cancellationToken);
            logger.LogInformation(
                LogEvents.MonthClosed,
                "Closed {Month}: {TotalAmount} in {PaymentCount} payments, {RefundAmount} in {RefundCount} refunds",
                month,
                closed.TotalAmount,
                closed.PaymentCount,
                closed.RefundAmount,
                closed.RefundCount);
        }
    }

    private static Task<Totals?> Read(Sql sql, Month month) => sql.QuerySingleOrDefault<Totals>(
        """
        SELECT total_amount, payment_count, refund_amount, refund_count
        FROM monthly_settlements
        WHERE settlement_year_month = @yearMonth
        """,
        new { yearMonth = month.ToString() });
}
