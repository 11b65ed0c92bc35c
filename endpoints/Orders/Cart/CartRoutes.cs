using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Placing;

namespace ShopSaga.Orders.Cart;

internal static class CartRoutes
{
    public static void MapCart(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/cart", ReadCart.Handle)
            .Describe("readCart", "The caller's cart");
        routes.MapDelete("/cart", RemoveItems.All)
            .Describe("emptyCart", "Empties the cart");
        routes.MapPut("/cart/items/{productId:long}", PutItem.Handle)
            .Describe("putItem", "Sets the quantity of a product in the cart", new CartItemBody(2));
        routes.MapDelete("/cart/items/{productId:long}", RemoveItems.One)
            .Describe("removeItem", "Removes a product from the cart");
        routes.MapPost("/cart/checkout", Checkout.Handle)
            .Describe("checkOut", "Orders what is in the cart, and empties it", new CheckoutBody("CARD"))
            .TakesPlacingHeaders()
            .Refuses(402, "payment-declined")
            .Refuses(409, "cart-empty", "out-of-stock", "in-progress", "conflict")
            .Refuses(422, "idempotency-key-reused")
            .Refuses(503, "overloaded");
    }
}
