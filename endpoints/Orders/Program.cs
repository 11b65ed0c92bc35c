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
builder.Services.AddSingleton(new FollowerLimit(builder.Configuration));
var redis = new RedisConnection(builder.Configuration.Required("ConnectionStrings:Redis"));
builder.Services.AddSingleton(_ => redis);
builder.Services.AddSingleton<OrderSignals>();
builder.Services.AddSingleton<LiveOrders>();
builder.Services.AddHostedService(services => services.GetRequiredService<LiveOrders>());
builder.Services.AddHostedService<ForgetKeys>();
builder.Services.AddSingleton<FollowOrder>();
builder.Services.AddSingleton<Outcome>();
builder.Services.AddScoped<OrderDesk>();
builder.AddEndpoint("Orders", endpoint =>
{
    endpoint.AddSaga<OrderLifecycle>();
    endpoint.AddHandler<PriceList>();
});

const string IdempotencyKey = "1 to 255 visible ASCII characters: the same key and body answer the same order for 24 hours.";
const string Prefer = "wait=N: wait up to N seconds, 30 at the most, for the outcome.";
const string PreferenceApplied = "That the answer waited.";

var app = builder.Build();
app.UseServiceDefaults();
var user = app.MapGroup("").RequireUser();
user.MapPost("/orders", PlaceOrder.Handle)
    .Describe("placeOrder", "Places an order", new OrderBody("CARD", Lines: [new OrderBodyLine(1, 2)]))
    .TakesHeader("Idempotency-Key", IdempotencyKey).TakesHeader("Prefer", Prefer).AnswersHeader("Preference-Applied", PreferenceApplied)
    .Refuses(402, "payment-declined").Refuses(409, "out-of-stock", "in-progress").Refuses(422, "idempotency-key-reused");
user.MapGet("/orders", ListOrders.Handle)
    .Describe("listOrders", "The caller's orders, newest first")
    .TakesOneOf("status", "Only orders in this state.", Enum.GetNames<OrderStatus>());
user.MapGet("/orders/{id:long}", ReadOrder.Handle)
    .Describe("readOrder", "An order");
user.MapGet("/orders/{id:long}/history", ReadHistory.Handle)
    .Describe("readHistory", "What happened to an order, oldest first");
user.MapGet("/orders/{id:long}/events", FollowOrder.Handle)
    .Describe("followOrder", "The order now and at every change, as server-sent events, until it is final")
    .TakesHeader("Last-Event-ID", "The id of the last event seen: what came after it is sent.")
    .Refuses(429);
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
    .TakesHeader("Idempotency-Key", IdempotencyKey).TakesHeader("Prefer", Prefer).AnswersHeader("Preference-Applied", PreferenceApplied)
    .Refuses(402, "payment-declined").Refuses(409, "cart-empty", "out-of-stock", "in-progress").Refuses(422, "idempotency-key-reused");
app.Run();
