using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using ShopSaga.Payments.Statements;
using ShopSaga.Payments.Viewing;
using ShopSaga.Payments.Webhooks;

var builder = ServiceHost.CreateBuilder(args);
builder.AddPaymentProvider();
builder.AddWebhooks();
builder.AddEndpoint("Payments", endpoint =>
{
    endpoint.AddCharging(builder.Configuration);
    endpoint.AddRefunding();
});

var app = builder.Build();
app.UseServiceDefaults();
app.MapViewing();
app.MapRefunding();
app.MapStatements();
app.MapWebhooks();
app.Run();
