using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Charging;

/// <summary>Take the money.</summary>
internal sealed record ChargePayment(long PaymentId);

/// <summary>Find out whether the money was taken.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Ask">How many times this makes that the provider is asked.</param>
internal sealed record ResolvePayment(long PaymentId, int Ask);

/// <summary>
/// Charges a payment and finds out what became of the charge. The provider is called before the first statement of the message's
/// transaction, and the transaction begins with that statement: so none is open meanwhile.
/// </summary>
internal sealed class ChargeHandler(PaymentProvider provider, NpgsqlDataSource database, TimeProvider time, ILogger<ChargeHandler> logger) :
    IHandleMessages<ChargePayment>,
    IHandleMessages<ResolvePayment>
{
    /// <summary>How long after the missing answer the provider is asked. The last time it is told to close the key, so that it must tell.</summary>
    private static readonly TimeSpan[] AskAfter = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)];

    public async Task Handle(ChargePayment message, IMessageHandlerContext context)
    {
        var payment = await Payment.Peek(database, message.PaymentId, context.CancellationToken);
        if (payment.IsOpen)
        {
            var charge = payment.OrderCancelled
                ? await provider.Void(payment.ChargeKey, context.CancellationToken)
                : await provider.Charge(payment, context.CancellationToken);
            await Record(charge, payment.Id, ask: 0, context);
        }
    }

    public async Task Handle(ResolvePayment message, IMessageHandlerContext context)
    {
        var payment = await Payment.Peek(database, message.PaymentId, context.CancellationToken);
        if (payment.IsOpen)
        {
            var charge = payment.OrderCancelled || message.Ask >= AskAfter.Length
                ? await provider.Void(payment.ChargeKey, context.CancellationToken)
                : await provider.Find(payment.ChargeKey, context.CancellationToken);
            await Record(charge, payment.Id, message.Ask, context);
        }
    }

    private async Task Record(ProviderCharge? charge, long paymentId, int ask, IMessageHandlerContext context)
    {
        var payment = (await Payment.Lock(context.Sql(), paymentId))!;
        if (!payment.IsOpen)
        {
            return;
        }

        await (charge switch
        {
            { ChargedAt: { } chargedAt } => Complete(payment, charge.Id, chargedAt, context),
            { } => Fail(payment, charge.DeclineReason ?? (payment.OrderCancelled ? "ORDER_CANCELLED" : "PROVIDER_TIMEOUT"), context),
            null => AskLater(payment, ask, context),
        });
    }

    private async Task Complete(Payment payment, long chargeId, DateTimeOffset chargedAt, IMessageHandlerContext context)
    {
        await context.Sql().Execute(
            "UPDATE payments SET status = @status, charge_id = @chargeId, completed_at = @chargedAt WHERE id = @Id",
            new { status = payment.Status.After(PaymentStep.Charged), chargeId, chargedAt, payment.Id });
        await context.Publish(
            new PaymentCompleted(payment.OrderId, payment.Id, payment.UserId, payment.Amount, payment.PaymentMethod, chargedAt));
        logger.LogInformation(LogEvents.PaymentCompleted, "Payment {PaymentId} of order {OrderId} is taken", payment.Id, payment.OrderId);
        if (payment.OrderCancelled)
        {
            await (payment with { Status = PaymentStatus.Completed }).GiveBack(context, time, logger);
        }
    }

    private async Task Fail(Payment payment, string reason, IMessageHandlerContext context)
    {
        await context.Sql().Execute(
            "UPDATE payments SET status = @status, failure_reason = @reason WHERE id = @Id",
            new { status = payment.Status.After(PaymentStep.NotCharged), reason, payment.Id });
        await context.Publish(new PaymentFailed(payment.OrderId, reason, time.GetUtcNow()));
        logger.LogInformation(
            LogEvents.PaymentFailed, "Payment {PaymentId} of order {OrderId} failed: {Reason}", payment.Id, payment.OrderId, reason);
    }

    private async Task AskLater(Payment payment, int ask, IMessageHandlerContext context)
    {
        await context.Sql().Execute(
            "UPDATE payments SET status = @status WHERE id = @Id",
            new { status = payment.Status.After(PaymentStep.NoAnswer), payment.Id });
        var options = new SendOptions();
        options.RouteToThisEndpoint();
        options.DelayDeliveryWith(AskAfter[ask]);
        await context.Send(new ResolvePayment(payment.Id, ask + 1), options);
        logger.LogInformation(
            LogEvents.PaymentUnknown,
            "Whether payment {PaymentId} of order {OrderId} was taken is not known; ask {Ask} is in {Delay}",
            payment.Id,
            payment.OrderId,
            ask + 1,
            AskAfter[ask]);
    }
}
