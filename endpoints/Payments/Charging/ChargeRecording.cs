using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Charging;

/// <summary>Records how a charge ended, and publishes it. The caller has locked the payment's row.</summary>
internal static class ChargeRecording
{
    /// <summary>
    /// Records captured money. A refund follows at once when the order was cancelled meanwhile, or the payment had failed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The charge has another amount than the payment: an operator has to decide.</exception>
    public static async Task RecordCaptured(
        this Payment payment,
        PaymentStatus status,
        ProviderCharge charge,
        IMessageHandlerContext context,
        TimeProvider time,
        ILogger logger)
    {
        if (charge.Amount != payment.Amount)
        {
            throw new InvalidOperationException(
                $"The provider's charge {charge.Id} is of {charge.Amount}, "
                    + $"but payment {payment.Id} of order {payment.OrderId} is of {payment.Amount}.");
        }

        var chargedAt = charge.ChargedAt!.Value.Bounded(payment.CreatedAt, time, payment, logger);
        await context.Sql().Execute(
            "UPDATE payments SET status = @status, charge_id = @ChargeId, completed_at = @chargedAt, failure_reason = NULL WHERE id = @Id",
            new { status = status.ToString(), ChargeId = charge.Id, chargedAt, payment.Id });
        await context.Publish(
            new PaymentCompleted(payment.OrderId, payment.Id, payment.UserId, payment.Amount, payment.PaymentMethod, chargedAt));
        logger.LogInformation(
            LogEvents.PaymentCompleted, "Payment {PaymentId} of order {OrderId} is captured", payment.Id, payment.OrderId);
        if (payment.OrderCancelled || payment.Status == PaymentStatus.FAILED)
        {
            // PaymentFailed has told Orders to cancel the order of a failed payment.
            await (payment with { Status = status }).RequestRefund(context, time, logger);
        }
    }

    /// <summary>Records that nothing was captured.</summary>
    public static async Task RecordFailed(
        this Payment payment, PaymentStatus status, string reason, IMessageHandlerContext context, TimeProvider time, ILogger logger)
    {
        await context.Sql().Execute(
            "UPDATE payments SET status = @status, failure_reason = @reason WHERE id = @Id",
            new { status = status.ToString(), reason, payment.Id });
        await context.Publish(new PaymentFailed(payment.OrderId, reason, time.GetUtcNow()));
        logger.LogInformation(
            LogEvents.PaymentFailed, "Payment {PaymentId} of order {OrderId} failed: {Reason}", payment.Id, payment.OrderId, reason);
    }
}
