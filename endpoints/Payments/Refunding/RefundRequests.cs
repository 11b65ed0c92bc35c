using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;

namespace ShopSaga.Payments.Refunding;

/// <summary>Begins a refund. The caller has locked the payment's row.</summary>
internal static class RefundRequests
{
    /// <summary>
    /// Begins the refund of a completed payment and sends <see cref="RefundPayment"/>; does nothing where nothing is left to refund.
    /// </summary>
    public static async Task RequestRefund(this Payment payment, IMessageHandlerContext context, TimeProvider time, ILogger logger)
    {
        if (await payment.TryRequestRefund(context.Sql(), time, logger))
        {
            await context.SendLocal(new RefundPayment(payment.Id));
        }
    }

    /// <summary>
    /// Moves a completed payment to REFUNDING. The caller has to send <see cref="RefundPayment"/> in the same transaction.
    /// </summary>
    public static async Task<bool> TryRequestRefund(this Payment payment, Sql sql, TimeProvider time, ILogger logger)
    {
        if (Transitions.Next(payment.Status, PaymentTrigger.RefundRequested) is not { } refunding)
        {
            return false;
        }

        await sql.Execute(
            """
            WITH refunding AS (UPDATE payments SET status = @status WHERE id = @Id)
            INSERT INTO refunds (payment_id, amount, requested_at) VALUES (@Id, @Amount, @now)
            """,
            new { status = refunding.ToString(), payment.Id, payment.Amount, now = time.GetUtcNow() });
        logger.LogInformation(
            LogEvents.RefundStarted, "Payment {PaymentId} of order {OrderId} is to be refunded", payment.Id, payment.OrderId);
        return true;
    }
}
