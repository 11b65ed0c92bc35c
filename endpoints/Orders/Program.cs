using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Orders.Cancelling;
using ShopSaga.Orders.Cart;
using ShopSaga.Orders.Following;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Pricing;

var builder = ServiceHost.CreateBuilder(args);
builder.Services.AddSingleton(ExpiryPolicy.From(builder.Configuration));
builder.AddEndpoint("Orders", endpoint =>
{
    endpoint.AddSaga<OrderLifecycle>();
    endpoint.AddHandler<PriceList>();
});

var app = builder.Build();
app.UseServiceDefaults();
var user = app.MapGroup("").RequireUser();
user.MapPost("/orders", PlaceOrder.Handle)
    .Describe("placeOrder", "Places an order", new OrderBody("CARD", Lines: [new OrderBodyLine(1, 2)]));
user.MapGet("/orders", ListOrders.Handle)
    .Describe("listOrders", "The caller's orders, newest first")
    .TakesOneOf("status", "Only orders in this state.", Enum.GetNames<OrderStatus>());
user.MapGet("/orders/{id:long}", ReadOrder.Handle)
    .Describe("readOrder", "An order");
user.MapGet("/orders/{id:long}/history", ReadHistory.Handle)
    .Describe("readHistory", "What happened to an order, oldest first");
user.MapPost("/orders/{id:long}/cancel", CancelOrder.Handle)
    .Describe("cancelOrder", "Cancels an order; money and stock come back by themselves")
    .Refuses(409, "not-cancellable");
user.MapGet("/cart", ReadCart.Handle)
    .Describe("readCart", "The caller's cart");
user.MapDelete("/cart", RemoveItems.All)
    .Describe("emptyCart", "Empties the cart");
user.MapPut("/cart/items/{productId:long}", PutItem.Handle)
    .Describe("putItem", "Puts so many of a product into the cart", new CartItemBody(2));
user.MapDelete("/cart/items/{productId:long}", RemoveItems.One)
    .Describe("removeItem", "Takes a product out of the cart");
user.MapPost("/cart/checkout", Checkout.Handle)
    .Describe("checkOut", "Orders what is in the cart, and empties it", new CheckoutBody("CARD"))
    .Refuses(409, "cart-empty");
app.Run();
