using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Payments.Following;

namespace ShopSaga.Payments.Refunding;

/// <summary>POST /payments/{id}/cancel: the shop gives the money back; the order is cancelled by those who hear of the refund.</summary>
internal static class CancelPayment
{
    public static void MapCancelPayment(this WebApplication app) => app.MapPost("/payments/{id:long}/cancel", Handle).RequireAdmin()
        .Describe("cancelPayment", "Gives the money back and cancels the order")
        .Refuses(409, "not-cancellable");

    internal static async Task<Results<Accepted<PaymentView>, ProblemHttpResult>> Handle(
        long id, ITransactionalSession session, TimeProvider time, ILogger<RefundPayment> logger, CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        var payment = await Payment.Lock(sql, id);
        if (payment is null)
        {
            return Problems.NotFound();
        }

        if (payment.Status != PaymentStatus.Completed)
        {
            return Problems.Conflict("not-cancellable", "Not cancellable", $"The payment is {payment.Status}; only a COMPLETED one can be cancelled.");
        }

        await payment.StartRefund(sql, time, logger);
        await session.SendLocal(new RefundPayment(payment.Id), cancellationToken);
        var answer = await PaymentView.Read(sql, id);
        await session.Commit(cancellationToken);
        return TypedResults.Accepted($"/payments/{id}", answer);
    }
}
