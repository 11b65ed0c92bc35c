using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Refunding;

/// <summary>
/// Refunds at the provider. The provider is called before the first statement of the message's transaction, so no transaction is open
/// during the call (docs/decisions/004-the-provider-is-called-outside-a-transaction.md).
/// </summary>
internal sealed class RefundHandler(PaymentProvider provider, NpgsqlDataSource database, TimeProvider time, ILogger<RefundHandler> logger) :
    IHandleMessages<RefundPayment>,
    IHandleMessages<RefundReported>
{
    public async Task Handle(RefundPayment message, IMessageHandlerContext context)
    {
        var payment = await Payment.Read(database, message.PaymentId, context.CancellationToken);
        if (payment.Status != PaymentStatus.REFUNDING)
        {
            return;
        }

        ProviderRefund refund;
        try
        {
            refund = await provider.Refund(payment, payment.Amount, payment.RefundKey, context.CancellationToken);
        }
        catch (ProviderRefusedException refused) when (refused.IsConflict)
        {
            if (await RefundRemainder(payment, refused, context.CancellationToken) is not { } last)
            {
                await LockAndRecordReversed(payment.Id, context);
                return;
            }

            refund = last;
        }

        await LockAndRecordRefunded(refund, payment.Id, context);
    }

    public async Task Handle(RefundReported message, IMessageHandlerContext context)
    {
        var payment = await Payment.Read(database, message.PaymentId, context.CancellationToken);
        var refund = message.Refund;
        if (NeedsLookUp(refund, payment))
        {
            // Made at the provider, or of another amount. Only refunds of the whole amount, taken together, make the payment refunded.
            var (remaining, last) = await Remaining(payment, context.CancellationToken);
            if (remaining != 0 || last is null)
            {
                logger.LogWarning(
                    LogEvents.PartialRefund,
                    "The provider reports a refund of {Amount} of payment {PaymentId} of order {OrderId}; {Left} of {PaymentAmount} is "
                        + "left",
                    refund.Amount,
                    payment.Id,
                    payment.OrderId,
                    remaining,
                    payment.Amount);
                return;
            }

            refund = last;
        }

        await LockAndRecordRefunded(refund, payment.Id, context);
    }

    /// <summary>
    /// Whether the provider must be asked: the refund is not the one that was requested. In other statuses, the status alone decides: a
    /// failed or refunded payment ignores the refund; an open one throws, and the message is retried.
    /// </summary>
    private static bool NeedsLookUp(ProviderRefund refund, Payment payment) => payment.Status switch
    {
        PaymentStatus.COMPLETED => true,
        PaymentStatus.REFUNDING => refund.Amount is { } amount && amount != payment.Amount,
        _ => false,
    };

    /// <summary>
    /// After a refusal, since the provider refuses to refund what is refunded already: refunds what remains, if anything, and returns the
    /// last refund; null when the provider has reversed the charge.
    /// </summary>
    private async Task<ProviderRefund?> RefundRemainder(
        Payment payment, ProviderRefusedException refused, CancellationToken cancellationToken)
    {
        if (await provider.Find(payment.ChargeKey, cancellationToken) is { IsCaptured: false })
        {
            return null;
        }

        var (remaining, last) = await Remaining(payment, cancellationToken);
        if (last is null || remaining < 0)
        {
            // Nothing explains the refusal, so an operator has to decide.
            throw refused;
        }

        return remaining == 0 ? last : await provider.Refund(payment, remaining, payment.RemainderKey, cancellationToken);
    }

    /// <summary>How much of the charge is not refunded yet, and the last of its refunds.</summary>
    private async Task<(long Remaining, ProviderRefund? Last)> Remaining(Payment payment, CancellationToken cancellationToken)
    {
        var refunds = payment.ChargeId is { } chargeId ? await provider.RefundsOf(chargeId, payment.RefundKey, cancellationToken) : [];
        return (payment.Amount - refunds.Sum(refund => refund.Amount!.Value), refunds.MaxBy(refund => refund.RefundedAt));
    }

    private async Task LockAndRecordRefunded(ProviderRefund refund, long paymentId, IMessageHandlerContext context)
    {
        var payment = (await Payment.Lock(context.Sql(), paymentId))!;
        if (Transitions.Next(payment.Status, PaymentTrigger.RefundSucceeded) is { } refunded)
        {
            await payment.RecordRefunded(refunded, refund, context, time, logger);
        }
    }

    private async Task LockAndRecordReversed(long paymentId, IMessageHandlerContext context)
    {
        var payment = (await Payment.Lock(context.Sql(), paymentId))!;
        if (Transitions.Next(payment.Status, PaymentTrigger.ChargeReversed) is { } refunded)
        {
            await payment.RecordReversed(refunded, context, time, logger);
        }
    }
}
