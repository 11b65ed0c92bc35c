using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Settlement;
using ShopSaga.Settlement.Closing;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reconciling;
using ShopSaga.Settlement.Reporting;

var builder = ServiceHost.CreateBuilder(args);
builder.AddEndpoint("Settlement", endpoint =>
{
    endpoint.AddHandlers(builder.Configuration);
    endpoint.AddCustomCheck<ReconciliationCustomCheck>();
});
builder.AddEntering();
builder.AddReconciling();
builder.AddClosing();

var app = builder.Build();
app.UseServiceDefaults();
app.MapClosing();
app.MapReporting();
app.MapReconciling();
app.Run();
