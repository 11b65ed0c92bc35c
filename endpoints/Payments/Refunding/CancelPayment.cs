using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Viewing;

namespace ShopSaga.Payments.Refunding;

/// <summary>
/// POST /payments/{id}/cancel: the shop refunds the payment, and Orders cancels the order when it receives PaymentRefunded. The payment of
/// an order that was cancelled first ends in Charging/Compensation.cs.
/// </summary>
internal sealed class CancelPayment
{
    internal static async Task<Results<Accepted<PaymentView>, ProblemHttpResult>> Handle(
        long id, ITransactionalSession session, TimeProvider time, ILogger<CancelPayment> logger, CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        var payment = await Payment.Lock(sql, id);
        if (payment is null)
        {
            return Problems.NotFound();
        }

        // Transitions lists no refund of an open payment, and would throw.
        if (payment.Status != PaymentStatus.COMPLETED || !await payment.TryRequestRefund(sql, time, logger))
        {
            return Problems.Conflict(
                "not-cancellable", "Not cancellable", $"The payment is {payment.Status}; only a COMPLETED one can be cancelled.");
        }

        await session.SendLocal(new RefundPayment(payment.Id), cancellationToken);
        var answer = await PaymentView.Read(sql, id);
        await session.Commit(cancellationToken);
        return TypedResults.Accepted($"/payments/{id}", answer);
    }
}
