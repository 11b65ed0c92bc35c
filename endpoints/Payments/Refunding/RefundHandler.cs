using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Refunding;

/// <summary>Refunds at the provider, before the message's transaction begins with its first statement.</summary>
internal sealed class RefundHandler(PaymentProvider provider, NpgsqlDataSource database, ILogger<RefundHandler> logger) :
    IHandleMessages<RefundPayment>,
    IHandleMessages<RefundReported>
{
    public async Task Handle(RefundPayment message, IMessageHandlerContext context)
    {
        var payment = await Payment.Read(database, message.PaymentId, context.CancellationToken);
        if (payment.Status == PaymentStatus.REFUNDING)
        {
            var refund = await provider.Refund(payment, context.CancellationToken);
            await Record(refund, payment.Id, context);
        }
    }

    public Task Handle(RefundReported message, IMessageHandlerContext context) => Record(message.Refund, message.PaymentId, context);

    private async Task Record(ProviderRefund refund, long paymentId, IMessageHandlerContext context)
    {
        var payment = (await Payment.Lock(context.Sql(), paymentId))!;
        if (Transitions.Next(payment.Status, PaymentTrigger.RefundSucceeded) is not { } refunded)
        {
            return;
        }

        await context.Sql().Execute(
            """
            WITH refunded AS (UPDATE payments SET status = @status WHERE id = @paymentId)
            UPDATE refunds SET refund_id = @Id, refunded_at = @RefundedAt WHERE payment_id = @paymentId
            """,
            new { status = refunded.ToString(), paymentId, refund.Id, refund.RefundedAt });
        await context.Publish(new PaymentRefunded(payment.OrderId, payment.Id, payment.Amount, refund.RefundedAt));
        logger.LogInformation(LogEvents.PaymentRefunded, "Payment {PaymentId} of order {OrderId} is refunded", payment.Id, payment.OrderId);
    }
}
