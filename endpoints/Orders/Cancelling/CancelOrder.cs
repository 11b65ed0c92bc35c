using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Following;
using ShopSaga.Orders.Lifecycle;

namespace ShopSaga.Orders.Cancelling;

/// <summary>POST /orders/{id}/cancel: the customer changes their mind, before or after the order was confirmed.</summary>
internal static class CancelOrder
{
    internal static async Task<Results<Accepted<OrderView>, ProblemHttpResult>> Handle(
        long id,
        Caller caller,
        ITransactionalSession session,
        OrderSignals signals,
        TimeProvider time,
        ILogger<OrderView> logger,
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
        var decision = await Decision.Make(sql, Fact.CancelRequested(id, now), now);
        if (decision.Announcement is not { } cancelled)
        {
            return Problems.Conflict("not-cancellable", "Not cancellable", $"The order is {decision.Status}.");
        }

        await session.Publish(cancelled, cancellationToken);
        var order = await OrderView.Read(sql, id);
        await session.Commit(cancellationToken);
        signals.Send(id, decision.Change!.Value);
        logger.LogInformation(LogEvents.OrderMoved, "Order {OrderId} is {Status} by {Happening}", id, order.Status, Happening.CancelRequested);
        return TypedResults.Accepted($"/orders/{id}", order);
    }
}
