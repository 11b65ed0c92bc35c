using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Following;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders.Placing;

/// <summary>Takes orders, from wherever their lines come. A key that has placed an order already gives the same answer again.</summary>
internal sealed class OrderDesk(ITransactionalSession session, Outcome outcome, TimeProvider time, ILogger<OrderDesk> logger)
{
    /// <summary>Places an order over what <paramref name="offer"/> finds, in the order's transaction; null when there is nothing to order.</summary>
    public async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> Place(
        PlacingRequest request, string paymentMethod, Func<Sql, Task<Quote?>> offer)
    {
        var cancellationToken = request.Http.RequestAborted;
        var now = time.GetUtcNow();
        var key = IdempotencyKey.Of(request, now);
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        var (earlier, refusal) = key is null ? default : await key.Claim(sql);
        if (refusal is not null)
        {
            return refusal;
        }

        if (earlier is { } orderId)
        {
            var before = await OrderView.Read(sql, orderId);
            await session.DisposeAsync();
            return await outcome.Of(before.AsPlaced(), request);
        }

        if (await offer(sql) is not { } quote)
        {
            return Problems.Conflict("cart-empty", "The cart is empty", "There is nothing in the cart to order.");
        }

        var order = await session.Place(request.Caller.UserId, quote, paymentMethod, now, cancellationToken);
        if (key is not null)
        {
            await key.Keep(sql, order.Id);
        }

        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.OrderPlaced, "Order {OrderId} is placed, {TotalAmount} won", order.Id, order.TotalAmount);
        await session.DisposeAsync();
        return await outcome.Of(order, request);
    }
}
