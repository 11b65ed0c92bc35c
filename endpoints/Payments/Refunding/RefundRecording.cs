using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Refunding;

/// <summary>Records that the customer has the money back, and publishes it. The caller has locked the payment's row.</summary>
internal static class RefundRecording
{
    /// <summary>Records a refund of the whole payment, made at our request or at the provider.</summary>
    public static Task RecordRefunded(
        this Payment payment,
        PaymentStatus status,
        ProviderRefund refund,
        IMessageHandlerContext context,
        TimeProvider time,
        ILogger logger)
    {
        var refundedAt = refund.RefundedAt.Bounded(payment.CompletedAt ?? payment.CreatedAt, time, payment, logger);
        logger.LogInformation(LogEvents.PaymentRefunded, "Payment {PaymentId} of order {OrderId} is refunded", payment.Id, payment.OrderId);
        return payment.Record(status, refund.Id, refundedAt, context, time);
    }

    /// <summary>
    /// Records that the provider reversed the charge. There is no refund at the provider, so its statement will differ from ours.
    /// </summary>
    public static Task RecordReversed(
        this Payment payment, PaymentStatus status, IMessageHandlerContext context, TimeProvider time, ILogger logger)
    {
        logger.LogWarning(
            LogEvents.ChargeReversed,
            "The provider reversed the charge of payment {PaymentId} of order {OrderId}",
            payment.Id,
            payment.OrderId);
        return payment.Record(status, refundId: null, time.GetUtcNow(), context, time);
    }

    private static async Task Record(
        this Payment payment,
        PaymentStatus status,
        long? refundId,
        DateTimeOffset refundedAt,
        IMessageHandlerContext context,
        TimeProvider time)
    {
        // The row is there unless the provider acted before a refund was requested.
        await context.Sql().Execute(
            """
            WITH refunded AS (UPDATE payments SET status = @status WHERE id = @Id)
            INSERT INTO refunds (payment_id, amount, requested_at, refund_id, refunded_at)
            VALUES (@Id, @Amount, @now, @refundId, @refundedAt)
            ON CONFLICT (payment_id) DO UPDATE SET refund_id = excluded.refund_id, refunded_at = excluded.refunded_at
            """,
            new { status = status.ToString(), payment.Id, payment.Amount, now = time.GetUtcNow(), refundId, refundedAt });
        await context.Publish(new PaymentRefunded(payment.OrderId, payment.Id, payment.Amount, refundedAt));
    }
}
