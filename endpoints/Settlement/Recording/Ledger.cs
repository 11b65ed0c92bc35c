using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Settlement.Recording;

/// <summary>
/// Writes the ledger. An entry counts on the business date of the fact, whenever it is heard of; or, if that day is closed by then, as an
/// adjustment in the next open one.
/// </summary>
internal sealed class Ledger(BusinessCalendar calendar, TimeProvider time, ILogger<Ledger> logger)
{
    public const string Capture = "CAPTURE";
    public const string Refund = "REFUND";

    /// <summary>Records a fact and adds it to the totals of the day in which it counts, once.</summary>
    public async Task Record(Sql sql, string fact, long paymentId, long orderId, long amount, DateTimeOffset at)
    {
        var date = calendar.DateOf(at);
        var reportDate = await sql.QuerySingleOrDefault<DateOnly?>(
            """
            WITH entry AS (
                INSERT INTO entries (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
                SELECT @paymentId, @orderId, @fact, CASE day WHEN @date THEN @fact ELSE 'ADJUSTMENT' END, @amount, @at, @date, day, @now
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
            new { paymentId, orderId, fact, amount, at = at.UtcDateTime, date, now = time.GetUtcNow() });
        if (reportDate == date)
        {
            logger.LogInformation(
                LogEvents.Recorded,
                "{Fact} of {Amount} for order {OrderId}, payment {PaymentId}, is in the ledger of {Date}",
                fact,
                amount,
                orderId,
                paymentId,
                date);
        }
        else if (reportDate is not null)
        {
            logger.LogWarning(
                LogEvents.Adjusted,
                "{Fact} of {Amount} for order {OrderId}, payment {PaymentId}, came after the close of {Date} and is an adjustment of {ReportDate}",
                fact,
                amount,
                orderId,
                paymentId,
                date,
                reportDate);
        }
        else
        {
            logger.LogInformation(
                LogEvents.AlreadyRecorded,
                "{Fact} for order {OrderId}, payment {PaymentId}, was in the ledger already",
                fact,
                orderId,
                paymentId);
        }
    }
}
