using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Settlement;
using ShopSaga.Settlement.Closing;
using ShopSaga.Settlement.Reconciling;
using ShopSaga.Settlement.Recording;

var builder = ServiceHost.CreateBuilder(args);
builder.Services
    .AddSingleton<Ledger>()
    .AddSingleton<CloseDay>()
    .AddSingleton<CloseMonth>()
    .AddSingleton(ClosingTimes.From(builder.Configuration))
    .AddSingleton(OtherBooks.From(builder.Configuration))
    .AddSingleton<Reconcile>()
    .AddHealthChecks().AddCheck<ReconciliationHealth>("reconciliation");
builder.AddEndpoint("Settlement", endpoint =>
{
    endpoint.AddHandler<RecordCapture>();
    endpoint.AddHandler<RecordRefund>();
    endpoint.AddCustomCheck<ReconciliationCheck>();
});
// After the endpoint, because it publishes.
builder.Services.AddHostedService<ClosingSchedule>();

var app = builder.Build();
app.UseServiceDefaults();
app.MapSettlements();
app.Run();
