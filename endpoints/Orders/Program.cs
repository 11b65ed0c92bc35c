using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Orders;
using ShopSaga.Orders.Cancelling;
using ShopSaga.Orders.Cart;
using ShopSaga.Orders.Exporting;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Placing;
using ShopSaga.Orders.Tracking;

var builder = ServiceHost.CreateBuilder(args);
builder.AddLifecycle().AddTracking().AddPlacing();
builder.AddEndpoint("Orders", endpoint => endpoint.AddHandlers(builder.Configuration));

var app = builder.Build();
app.UseServiceDefaults();
var user = app.MapGroup("").RequireUser();
user.MapPlacing();
user.MapTracking();
user.MapCancelling();
user.MapCart();
user.MapExporting();
app.Run();
