using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Charging;

/// <summary>How a charge ends. The payment's row is locked by the caller.</summary>
internal static class Outcome
{
    /// <summary>The money is there. If the order was cancelled meanwhile, it goes back.</summary>
    /// <exception cref="InvalidOperationException">It is not the payment's amount, or the payment has failed: somebody has to look at it.</exception>
    public static async Task Complete(
        this Payment payment, ProviderCharge charge, IMessageHandlerContext context, TimeProvider time, ILogger logger)
    {
        if (charge.Amount != payment.Amount)
        {
            throw new InvalidOperationException(
                $"The provider's charge {charge.Id} is of {charge.Amount}, but payment {payment.Id} of order {payment.OrderId} is of {payment.Amount}.");
        }

        var chargedAt = charge.ChargedAt!.Value;
        await context.Sql().Execute(
            "UPDATE payments SET status = @status, charge_id = @ChargeId, completed_at = @chargedAt WHERE id = @Id",
            new { status = payment.Status.After(PaymentStep.Charged), ChargeId = charge.Id, chargedAt, payment.Id });
        await context.Publish(
            new PaymentCompleted(payment.OrderId, payment.Id, payment.UserId, payment.Amount, payment.PaymentMethod, chargedAt));
        logger.LogInformation(LogEvents.PaymentCompleted, "Payment {PaymentId} of order {OrderId} is taken", payment.Id, payment.OrderId);
        if (payment.OrderCancelled)
        {
            await (payment with { Status = PaymentStatus.Completed }).GiveBack(context, time, logger);
        }
    }

    /// <summary>No money was taken, and none will be.</summary>
    public static async Task Fail(this Payment payment, string reason, IMessageHandlerContext context, TimeProvider time, ILogger logger)
    {
        await context.Sql().Execute(
            "UPDATE payments SET status = @status, failure_reason = @reason WHERE id = @Id",
            new { status = payment.Status.After(PaymentStep.NotCharged), reason, payment.Id });
        await context.Publish(new PaymentFailed(payment.OrderId, reason, time.GetUtcNow()));
        logger.LogInformation(
            LogEvents.PaymentFailed, "Payment {PaymentId} of order {OrderId} failed: {Reason}", payment.Id, payment.OrderId, reason);
    }
}
