using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Payments;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using ShopSaga.Payments.Statements;
using ShopSaga.Payments.Viewing;
using ShopSaga.Payments.Webhooks;

var builder = ServiceHost.CreateBuilder(args);
builder.AddPaymentProvider();
builder.AddWebhooks();
builder.AddEndpoint("Payments", endpoint => endpoint.AddHandlers(builder.Configuration));

var app = builder.Build();
app.UseServiceDefaults();
app.MapViewing();
app.MapRefunding();
app.MapStatements();
app.MapWebhooks();
app.Run();
