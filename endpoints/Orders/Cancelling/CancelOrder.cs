using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Cancelling;

/// <summary>POST /orders/{id}/cancel: the customer cancels an order, before or after it was confirmed.</summary>
internal sealed class CancelOrder
{
    internal static async Task<Results<Accepted<OrderView>, ProblemHttpResult>> Handle(
        long id,
        Caller caller,
        ITransactionalSession session,
        StatusNotifications notifications,
        TimeProvider time,
        ILogger<CancelOrder> logger,
        CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        var owner = await sql.QuerySingleOrDefault<long?>("SELECT user_id FROM orders WHERE id = @id", new { id });
        if (owner != caller.UserId)
        {
            return Problems.NotFound();
        }

        var now = time.GetUtcNow();
        var requested = OrderEvent.CancelRequested(id, now);
        var result = await OrderStateMachine.Apply(sql, requested, now);
        if (result.EventToPublish is not { } cancelled)
        {
            return Problems.Conflict("not-cancellable", "Not cancellable", $"The order is {result.Status}.");
        }

        await session.Publish(cancelled, cancellationToken);
        var order = await OrderView.Read(sql, id);
        await session.Commit(cancellationToken);
        notifications.Notify(requested, result, logger);
        return TypedResults.Accepted($"/orders/{id}", order);
    }
}
