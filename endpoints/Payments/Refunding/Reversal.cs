using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Charging;

namespace ShopSaga.Payments.Refunding;

/// <summary>How a payment is reversed. The payment's row is locked by the caller.</summary>
internal static class Reversal
{
    /// <summary>
    /// What an order's cancellation means for its payment. A charge that was not begun never will be; one under way is stopped if it still can be.
    /// </summary>
    public static Task ReverseForCancelledOrder(this Payment payment, IMessageHandlerContext context, TimeProvider time, ILogger logger) =>
        payment switch
        {
            { IsOpen: true, ChargesSent: 0 } => payment.Fail(PaymentFailureReason.OrderCancelled, context, time, logger),
            { IsOpen: true } => payment.StopCharge(context, logger),
            { Status: PaymentStatus.Completed } => payment.GiveBack(context, time, logger),
            // Nothing was taken, or it is on its way back.
            _ => Task.CompletedTask,
        };

    /// <summary>Gives the money of a completed payment back.</summary>
    public static async Task GiveBack(this Payment payment, IMessageHandlerContext context, TimeProvider time, ILogger logger)
    {
        await payment.StartRefund(context.Sql(), time, logger);
        await context.SendLocal(new RefundPayment(payment.Id));
    }

    /// <summary>Moves a completed payment to REFUNDING; <see cref="RefundPayment"/> has to be sent with it.</summary>
    public static async Task StartRefund(this Payment payment, Sql sql, TimeProvider time, ILogger logger)
    {
        await sql.Execute(
            """
            WITH refunding AS (UPDATE payments SET status = @status WHERE id = @Id)
            INSERT INTO refunds (payment_id, amount, requested_at) VALUES (@Id, @Amount, @now)
            """,
            new { status = payment.Status.After(PaymentStep.GiveBack), payment.Id, payment.Amount, now = time.GetUtcNow() });
        logger.LogInformation(
            LogEvents.RefundStarted, "Payment {PaymentId} of order {OrderId} is to be given back", payment.Id, payment.OrderId);
    }

    private static async Task StopCharge(this Payment payment, IMessageHandlerContext context, ILogger logger)
    {
        await context.Sql().Execute("UPDATE payments SET order_cancelled = true WHERE id = @Id", new { payment.Id });
        await context.SendLocal(new ResolvePayment(payment.Id, Ask: 1));
        logger.LogInformation(
            LogEvents.OrderCancelledDuringCharge,
            "Order {OrderId} is cancelled while payment {PaymentId} is being charged",
            payment.OrderId,
            payment.Id);
    }
}
