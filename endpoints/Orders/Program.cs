using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;

var builder = ServiceHost.CreateBuilder(args);
builder.Services.AddSingleton(ExpiryPolicy.From(builder.Configuration));
builder.AddEndpoint("Orders", endpoint =>
{
    endpoint.AddSaga<OrderLifecycle>();
    endpoint.AddHandler<PriceList>();
});

var app = builder.Build();
app.Run();
