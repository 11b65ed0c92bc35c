using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Settlement.Closing;
using ShopSaga.Settlement.Reconciling;
using ShopSaga.Settlement.Recording;
using ShopSaga.Settlement.Reporting;

var builder = ServiceHost.CreateBuilder(args);
builder.AddEndpoint("Settlement", endpoint =>
{
    endpoint.AddRecording(builder.Configuration);
    endpoint.AddCustomCheck<ReconciliationCustomCheck>();
});
builder.AddRecording();
builder.AddReconciling();
builder.AddClosing();

var app = builder.Build();
app.UseServiceDefaults();
app.MapClosing();
app.MapReporting();
app.MapReconciling();
app.Run();
