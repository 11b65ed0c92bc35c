using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
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
user.MapPost("/orders", PlaceOrder.Handle);
user.MapGet("/orders", ListOrders.Handle);
user.MapGet("/orders/{id:long}", ReadOrder.Handle);
user.MapGet("/orders/{id:long}/history", ReadHistory.Handle);
user.MapPost("/orders/{id:long}/cancel", CancelOrder.Handle);
user.MapGet("/cart", ReadCart.Handle);
user.MapDelete("/cart", RemoveItems.All);
user.MapPut("/cart/items/{productId:long}", PutItem.Handle);
user.MapDelete("/cart/items/{productId:long}", RemoveItems.One);
user.MapPost("/cart/checkout", Checkout.Handle);
app.Run();
