using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Refunding;

/// <summary>Refunds at the provider, before the message's transaction begins with its first statement.</summary>
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
            if (await FindWhyRefused(payment, refused, context.CancellationToken) is not { } found)
            {
                await LockAndRecordReversed(payment.Id, context);
                return;
            }

            refund = found;
        }

        await LockAndRecordRefunded(refund, payment.Id, context);
    }

    public async Task Handle(RefundReported message, IMessageHandlerContext context)
    {
        var payment = await Payment.Read(database, message.PaymentId, context.CancellationToken);
        var refund = message.Refund;
        if (!IsAnswer(refund, payment))
        {
            // Made at the provider, or of another amount. Only refunds of the whole amount, taken together, make the payment refunded.
            var (left, last) = await Left(payment, context.CancellationToken);
            if (left != 0 || last is null)
            {
                logger.LogWarning(
                    LogEvents.PartialRefund,
                    "The provider reports a refund of {Amount} of payment {PaymentId} of order {OrderId}; {Left} of {PaymentAmount} is "
                        + "left",
                    refund.Amount,
                    payment.Id,
                    payment.OrderId,
                    left,
                    payment.Amount);
                return;
            }

            refund = last;
        }

        await LockAndRecordRefunded(refund, payment.Id, context);
    }

    /// <summary>
    /// Whether the refund is what was asked for, or nothing is known yet by which to tell. Otherwise the provider is asked.
    /// </summary>
    private static bool IsAnswer(ProviderRefund refund, Payment payment) => payment.Status switch
    {
        PaymentStatus.COMPLETED => false,
        PaymentStatus.REFUNDING => refund.Amount is null || refund.Amount == payment.Amount,
        _ => true,
    };

    /// <summary>
    /// Money that is back already cannot be refunded again. Gives the refund that was made at the provider, or null when the provider has
    /// taken the charge itself back.
    /// </summary>
    private async Task<ProviderRefund?> FindWhyRefused(
        Payment payment, ProviderRefusedException refused, CancellationToken cancellationToken)
    {
        if (await provider.Find(payment.ChargeKey, cancellationToken) is { IsCaptured: false })
        {
            return null;
        }

        var (left, last) = await Left(payment, cancellationToken);
        if (last is null || left < 0)
        {
            // Nothing explains the refusal, so a person has to look at it.
            throw refused;
        }

        return left == 0 ? last : await provider.Refund(payment, left, payment.RemainderKey, cancellationToken);
    }

    /// <summary>How much of the charge is not refunded yet, and the last of its refunds.</summary>
    private async Task<(long Left, ProviderRefund? Last)> Left(Payment payment, CancellationToken cancellationToken)
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
