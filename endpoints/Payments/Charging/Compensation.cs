using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Charging;

/// <summary>
/// Ends the payment of a cancelled order: prevents, voids or refunds its charge. The caller has locked the payment's row.
/// </summary>
internal static class Compensation
{
    /// <summary>Prevents a charge that has not been sent, voids one that may have been, and refunds one that succeeded.</summary>
    public static async Task Compensate(this Payment payment, IMessageHandlerContext context, TimeProvider time, ILogger logger)
    {
        if (payment is { IsOpen: true, ChargesSent: > 0 })
        {
            await payment.VoidCharge(context, logger);
        }
        else if (!payment.IsOpen)
        {
            await payment.RequestRefund(context, time, logger);
        }
        else if (Transitions.Next(payment.Status, PaymentTrigger.ChargeFailed) is { } failed)
        {
            await payment.RecordFailed(failed, PaymentFailureReason.OrderCancelled, context, time, logger);
        }
    }

    // The status stays: only the provider knows whether it has charged. ResolvePayment voids the key and finds it out.
    private static async Task VoidCharge(this Payment payment, IMessageHandlerContext context, ILogger logger)
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
