using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Settlement.Closing;

/// <summary>Closes a month, all of whose days are closed: writes their sum down for good and says so.</summary>
internal sealed class CloseMonth(TimeProvider time, ILogger<CloseMonth> logger)
{
    /// <summary>POST /settlements/monthly/{yearMonth}/close, for a month that has no open day.</summary>
    internal static async Task<Results<Ok<MonthlySettlement>, ProblemHttpResult>> ByHand(
        string yearMonth, CloseMonth months, ITransactionalSession session, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        var month = Month.Parse(nameof(yearMonth), yearMonth);
        if (month.LastDay >= calendar.Today)
        {
            return Problems.Conflict("conflict", "Not over yet", $"{month} is not over: only past months can be closed.");
        }

        await session.Open(cancellationToken);
        await months.CloseWhenComplete(month.FirstDay, session, cancellationToken);
        var closed = await Read(session.Sql(cancellationToken), month);
        await session.Commit(cancellationToken);
        return closed is { } totals
            ? TypedResults.Ok(MonthlySettlement.Of(month, totals, isClosed: true))
            : Problems.Conflict("conflict", "Open days", $"{month} has open days: it closes with the last of its days.");
    }

    /// <summary>Closes the month of a day unless it has an open day or is closed.</summary>
    public async Task CloseWhenComplete(DateOnly date, ITransactionalSession session, CancellationToken cancellationToken)
    {
        var month = Month.Of(date);
        var sql = session.Sql(cancellationToken);

        // Of two who close the last two days of a month side by side, the second sees that both are closed.
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
                "{Month} is closed: {TotalAmount} in {PaymentCount} payments, {RefundAmount} in {RefundCount} refunds",
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
