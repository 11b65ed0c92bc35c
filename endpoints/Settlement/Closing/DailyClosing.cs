using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Settlement.Closing;

/// <summary>
/// Closes a day: counts its entries, stores the totals for good and publishes <see cref="DailySettlementClosed"/>. The database refuses
/// entries in a closed day.
/// </summary>
internal sealed class DailyClosing(MonthlyClosing months, TimeProvider time, ILogger<DailyClosing> logger)
{
    /// <summary>POST /settlements/daily/{date}/close: closes any past day.</summary>
    internal static async Task<Results<Ok<DailySettlement>, ProblemHttpResult>> Handle(
        string date, DailyClosing days, ITransactionalSession session, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        var day = Query.Date(nameof(date), date);
        return day < calendar.Today
            ? TypedResults.Ok(await days.Close(day, session, cancellationToken))
            : Problems.Conflict("conflict", "Not over yet", $"{day:yyyy-MM-dd} is not over: only a past day can be closed.");
    }

    /// <summary>Closes the day, and its month with the last open day. A day that is already closed stays as it is.</summary>
    public async Task<DailySettlement> Close(DateOnly date, ITransactionalSession session, CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);

        // Waits for the transactions that are writing an entry of the day: open_day() holds this lock shared.
        await sql.Execute("SELECT pg_advisory_xact_lock(1, lock_number(@date))", new { date });
        if (await sql.QuerySingleOrDefault<Totals>(
            "SELECT total_amount, payment_count, refund_amount, refund_count FROM daily_settlements WHERE report_date = @date",
            new { date }) is { } closed)
        {
            return DailySettlement.Of(date, closed, isClosed: true);
        }

        var totals = await StoreTotals(sql, date);
        await session.Publish(
            new DailySettlementClosed(date, totals.TotalAmount, checked((int)totals.PaymentCount)), cancellationToken);
        await months.CloseIfComplete(date, session, cancellationToken);
        await session.Commit(cancellationToken);
        logger.LogInformation(
            LogEvents.DayClosed,
            "Closed {Date}: {TotalAmount} in {PaymentCount} payments, {RefundAmount} in {RefundCount} refunds",
            date.ToIso(),
            totals.TotalAmount,
            totals.PaymentCount,
            totals.RefundAmount,
            totals.RefundCount);
        return DailySettlement.Of(date, totals, isClosed: true);
    }

    private async Task<Totals> StoreTotals(Sql sql, DateOnly date)
    {
        // The running totals serve reports of an open day; the final totals come from the entries themselves.
        var counted = await sql.QuerySingle<Totals>(
            """
            INSERT INTO daily_settlements (report_date, total_amount, payment_count, refund_amount, refund_count, closed_at)
            SELECT @date,
                coalesce(sum(amount) FILTER (WHERE fact = 'CAPTURE'), 0), count(*) FILTER (WHERE fact = 'CAPTURE'),
                coalesce(sum(amount) FILTER (WHERE fact = 'REFUND'), 0), count(*) FILTER (WHERE fact = 'REFUND'),
                @now
            FROM entries
            WHERE report_date = @date
            RETURNING total_amount, payment_count, refund_amount, refund_count
            """,
            new { date, now = time.GetUtcNow() });
        var running = await sql.QuerySingle<Totals>(
            """
            SELECT coalesce(sum(total_amount), 0)::bigint AS total_amount, coalesce(sum(payment_count), 0)::bigint AS payment_count,
                coalesce(sum(refund_amount), 0)::bigint AS refund_amount, coalesce(sum(refund_count), 0)::bigint AS refund_count
            FROM daily_totals
            WHERE report_date = @date
            """,
            new { date });
        if (running != counted)
        {
            logger.LogError(
                LogEvents.TotalsDiffer,
                "The running totals of {Date} are {Running}, but its entries add up to {Counted}",
                date.ToIso(),
                running,
                counted);
        }

        return counted;
    }
}
