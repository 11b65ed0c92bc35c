using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Settlement.Recording;
using ShopSaga.Settlement.Reporting;

var builder = ServiceHost.CreateBuilder(args);
builder.Services.AddSingleton<Ledger>();
builder.AddEndpoint("Settlement", endpoint =>
{
    endpoint.AddHandler<RecordCapture>();
    endpoint.AddHandler<RecordRefund>();
});

var app = builder.Build();
app.UseServiceDefaults();
app.MapReports();
app.Run();
