using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Pricing;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Cart;

/// <summary>POST /cart/checkout: orders the cart's contents and empties it in one transaction, so that a cart is ordered once.</summary>
internal static class Checkout
{
    internal static async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> Handle(
        CheckoutBody body, [AsParameters] PlacingRequest request, OrderPlacement placement) =>
        await placement.Place(request, body.PaymentMethod, sql => EmptyIntoQuote(request.Caller.UserId, sql));

    private static async Task<Quote?> EmptyIntoQuote(long userId, Sql sql)
    {
        await sql.Execute(CartLock.Take, new { userId });
        var items = await sql.Query<(long ProductId, int Quantity)>(
            """
            WITH removed AS (DELETE FROM cart_items WHERE user_id = @userId RETURNING product_id, quantity)
            SELECT product_id, quantity FROM removed ORDER BY product_id
            """,
            new { userId });
        var wanted = items.Select((item, index) => new WantedLine(item.ProductId, item.Quantity, $"lines[{index}].productId")).ToList();
        return wanted.Count == 0 ? null : await Quote.For(wanted, sql);
    }
}

/// <summary>The body of POST /cart/checkout.</summary>
internal sealed record CheckoutBody(
    [PaymentMethod] string PaymentMethod) : IJsonBody<CheckoutBody>;
