using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// Places orders, from a body or from a cart. An idempotency key that has placed an order places no other: its request is answered for that
/// order, as if it had just been placed, also while new orders are refused (<see cref="Admission"/>).
/// </summary>
internal sealed class OrderPlacement(
    ITransactionalSession session,
    PlacementResponse response,
    Admission admission,
    NpgsqlDataSource database,
    ExpiryPolicy expiry,
    TimeProvider time,
    ILogger<OrderPlacement> logger)
{
    /// <summary>Places an order at the prices of a quote.</summary>
    /// <param name="request">The request.</param>
    /// <param name="paymentMethod">How the customer pays.</param>
    /// <param name="getQuote">Makes the quote in the order's transaction; returns null for an empty cart.</param>
    public async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> Place(
        PlacingRequest request, string paymentMethod, Func<Sql, Task<Quote?>> getQuote)
    {
        var cancellationToken = request.Http.RequestAborted;
        var now = time.GetUtcNow();
        var key = IdempotencyKey.Of(request, now);
        if (!admission.TryAdmit() && (key is null || !await key.HasPlacedOrder(database, cancellationToken)))
        {
            OrderMetrics.Refused(1);
            return Overloaded(request.Http.Response);
        }

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
            return await response.For(before.AsPlaced(), request);
        }

        if (await getQuote(sql) is not { } quote)
        {
            return Problems.Conflict("cart-empty", "The cart is empty", "There is nothing in the cart to order.");
        }

        var order = await session.InsertOrder(request.Caller.UserId, quote, paymentMethod, expiry, now, cancellationToken);
        if (key is not null)
        {
            await key.StoreOrder(sql, order.Id);
        }

        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.OrderPlaced, "Order {OrderId} is placed, {TotalAmount} won", order.Id, order.TotalAmount);
        // Gives the connection back before a response that may wait for half a minute.
        await session.DisposeAsync();
        return await response.For(order, request);
    }

    private ProblemHttpResult Overloaded(HttpResponse response)
    {
        response.Headers.RetryAfter = admission.RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return Problems.Problem(
            StatusCodes.Status503ServiceUnavailable,
            "overloaded",
            "Overloaded",
            "More orders are waiting than the shop completes in time. This one was not placed. Retry later; see Retry-After.");
    }
}
