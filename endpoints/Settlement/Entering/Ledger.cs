using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Settlement.Entering;

/// <summary>
/// Writes the ledger. An entry belongs to the business date of the capture or refund, whenever its event arrives, and counts in that day;
/// if the day is closed already, it counts in the next open one, as an adjustment.
/// </summary>
internal sealed class Ledger(BusinessCalendar calendar, TimeProvider time, ILogger<Ledger> logger)
{
    /// <summary>Enters a capture or refund and adds it to the totals of the day in which it counts; a duplicate changes nothing.</summary>
    /// <param name="sql">The transaction of the message.</param>
    /// <param name="entryType">One of <see cref="EntryType"/>.</param>
    /// <param name="paymentId">With the type, the key of the entry.</param>
    /// <param name="orderId">The order that was paid for.</param>
    /// <param name="amount">Won, positive for a refund too.</param>
    /// <param name="at">When the money was captured or refunded.</param>
    public async Task Enter(Sql sql, string entryType, long paymentId, long orderId, long amount, DateTimeOffset at)
    {
        var date = calendar.DateOf(at);

        // One statement, so that an entry and its share of the totals exist together or not at all. The slot follows the connection: two
        // transactions rarely wait for the same row (docs/decisions/007-daily-totals-are-kept-in-slots.md).
        var reportDate = await sql.QuerySingleOrDefault<DateOnly?>(
            """
            WITH entry AS (
                INSERT INTO entries (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
                SELECT @paymentId, @orderId, @entryType, CASE day WHEN @date THEN @entryType ELSE 'ADJUSTMENT' END,
                    @amount, @at, @date, day, @now
                FROM open_day(@date) AS day
                ON CONFLICT (payment_id, fact) DO NOTHING
                RETURNING report_date, fact, amount)
            INSERT INTO daily_totals AS day (report_date, slot, total_amount, payment_count, refund_amount, refund_count)
            SELECT report_date, pg_backend_pid() % 64,
                CASE fact WHEN 'CAPTURE' THEN amount ELSE 0 END, CASE fact WHEN 'CAPTURE' THEN 1 ELSE 0 END,
                CASE fact WHEN 'REFUND' THEN amount ELSE 0 END, CASE fact WHEN 'REFUND' THEN 1 ELSE 0 END
            FROM entry
            ON CONFLICT (report_date, slot) DO UPDATE SET
                total_amount = day.total_amount + excluded.total_amount,
                payment_count = day.payment_count + excluded.payment_count,
                refund_amount = day.refund_amount + excluded.refund_amount,
                refund_count = day.refund_count + excluded.refund_count
            RETURNING report_date
            """,
            new { paymentId, orderId, entryType, amount, at = at.UtcDateTime, date, now = time.GetUtcNow() });
        if (reportDate is not null)
        {
            SettlementMetrics.Amount.Add(amount, new KeyValuePair<string, object?>("entry", entryType));
        }

        if (reportDate == date)
        {
            logger.LogInformation(
                LogEvents.Recorded,
                "Entered {EntryType} of {Amount} for order {OrderId}, payment {PaymentId}, in the ledger of {Date}",
                entryType,
                amount,
                orderId,
                paymentId,
                date.ToIso());
        }
        else if (reportDate is not null)
        {
            logger.LogWarning(
                LogEvents.Adjusted,
                "{EntryType} of {Amount} for order {OrderId}, payment {PaymentId}, arrived after {Date} was closed: "
                + "entered as an adjustment of {ReportDate}",
                entryType,
                amount,
                orderId,
                paymentId,
                date.ToIso(),
                reportDate.Value.ToIso());
        }
        else
        {
            logger.LogInformation(
                LogEvents.AlreadyRecorded,
                "{EntryType} for order {OrderId}, payment {PaymentId}, is already in the ledger",
                entryType,
                orderId,
                paymentId);
        }
    }
}
