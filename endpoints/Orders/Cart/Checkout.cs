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
    internal static async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> Handle(
        CheckoutBody body, [AsParameters] PlacingRequest request, OrderDesk desk) =>
        await desk.Place(request, body.PaymentMethod, sql => EmptyCart(request.Caller.UserId, sql));

    private static async Task<Quote?> EmptyCart(long userId, Sql sql)
    {
        await sql.Execute(CartLock.Take, new { userId });
        var items = await sql.Query<(long ProductId, int Quantity)>(
            """
            WITH taken AS (DELETE FROM cart_items WHERE user_id = @userId RETURNING product_id, quantity)
            SELECT product_id, quantity FROM taken ORDER BY product_id
            """,
            new { userId });
        return items.Count == 0
            ? null
            : await Quote.For([.. items.Select((item, index) => new WantedLine(item.ProductId, item.Quantity, $"lines[{index}].productId"))], sql);
    }
}

/// <summary>The body of POST /cart/checkout.</summary>
internal sealed record CheckoutBody(
    [RegularExpression(PaymentMethods.Form, ErrorMessage = PaymentMethods.Rule)] string PaymentMethod) : IJsonBody<CheckoutBody>;
