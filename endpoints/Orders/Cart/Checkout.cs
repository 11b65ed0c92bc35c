using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Following;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders.Cart;

/// <summary>POST /cart/checkout: the cart becomes an order. Emptying it and placing the order commit together, so a cart is sold once.</summary>
internal static class Checkout
{
    internal static async Task<Results<Accepted<OrderView>, ProblemHttpResult>> Handle(
        CheckoutBody body,
        Caller caller,
        ITransactionalSession session,
        TimeProvider time,
        ILogger<OrderView> logger,
        CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        await sql.Execute(CartLock.Take, new { caller.UserId });
        var items = await sql.Query<(long ProductId, int Quantity)>(
            """
            WITH taken AS (DELETE FROM cart_items WHERE user_id = @UserId RETURNING product_id, quantity)
            SELECT product_id, quantity FROM taken ORDER BY product_id
            """,
            new { caller.UserId });
        if (items.Count == 0)
        {
            return Problems.Conflict("cart-empty", "The cart is empty", "There is nothing in the cart to order.");
        }

        var wanted = items.Select((item, index) => new WantedLine(item.ProductId, item.Quantity, $"lines[{index}].productId")).ToList();
        var quote = await Quote.For(wanted, sql);
        var order = await session.Place(caller.UserId, quote, body.PaymentMethod, time.GetUtcNow(), cancellationToken);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.OrderPlaced, "Order {OrderId} is placed, {TotalAmount} won", order.Id, order.TotalAmount);
        return TypedResults.Accepted($"/orders/{order.Id}", order);
    }
}

/// <summary>The body of POST /cart/checkout.</summary>
internal sealed record CheckoutBody(
    [RegularExpression(PaymentMethods.Form, ErrorMessage = PaymentMethods.Rule)] string PaymentMethod) : IJsonBody<CheckoutBody>;
