using Dapper;
using ShopSaga.Contracts.Payments;

namespace ShopSaga.Load.RawShop;

/// <summary>Enters each capture in the ledger and in the totals of its day.</summary>
internal static class RawSettlement
{
    public static RawService WithSettlement(this RawService service) => service.On<PaymentCompleted>(async (transaction, message) =>
    {
        if (await transaction.Record())
        {
            await transaction.Connection.ExecuteAsync(
                """
                WITH entry AS (
                    INSERT INTO entries (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
                    SELECT @PaymentId, @OrderId, 'CAPTURE', CASE day WHEN date THEN 'CAPTURE' ELSE 'ADJUSTMENT' END,
                        @Amount, @CompletedAt, date, day, now()
                    FROM CAST(@CompletedAt AT TIME ZONE 'Asia/Seoul' AS date) AS date, open_day(date) AS day
                    RETURNING report_date, amount)
                INSERT INTO daily_totals AS day (report_date, slot, total_amount, payment_count, refund_amount, refund_count)
                SELECT report_date, pg_backend_pid() % 64, amount, 1, 0, 0 FROM entry
                ON CONFLICT (report_date, slot) DO UPDATE SET
                    total_amount = day.total_amount + excluded.total_amount, payment_count = day.payment_count + 1
                """,
                new { message.PaymentId, message.OrderId, message.Amount, message.CompletedAt });
        }
    });
}
