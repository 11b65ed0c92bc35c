using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
using ShopSaga.Operations.Failures;
using ShopSaga.Operations.Queues;
using ShopSaga.Operations.Watching;

var builder = ServiceHost.CreateBuilder(args, database: false);
builder.AddApiDescription();
builder.AddWatching();
builder.AddQueues();
builder.AddFailures();

var app = builder.Build();
app.UseServiceDefaults();
var operations = app.MapGroup("/operations").RequireAdmin();
operations.MapWatching();
operations.MapQueues();
operations.MapFailures();
app.Run();
