using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Following;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders.Placing;

/// <summary>POST /orders: accepted as soon as it is written; stock and payment follow by themselves.</summary>
internal static class PlaceOrder
{
    internal static async Task<Accepted<OrderView>> Handle(
        OrderBody body,
        Caller caller,
        ITransactionalSession session,
        TimeProvider time,
        ILogger<OrderView> logger,
        CancellationToken cancellationToken)
    {
        var wanted = body.Wanted();
        await session.Open(cancellationToken);
        var quote = await Quote.For(wanted, session.Sql(cancellationToken));
        var order = await session.Place(caller.UserId, quote, body.PaymentMethod, time.GetUtcNow(), cancellationToken);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.OrderPlaced, "Order {OrderId} is placed, {TotalAmount} won", order.Id, order.TotalAmount);
        return TypedResults.Accepted($"/orders/{order.Id}", order);
    }
}
