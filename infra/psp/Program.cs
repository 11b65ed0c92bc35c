using ShopSaga.Hosting;
using ShopSaga.Psp;
using ShopSaga.Psp.Charging;
using ShopSaga.Psp.Refunding;
using ShopSaga.Psp.Statements;
using ShopSaga.Psp.Webhooks;

var builder = WebDefaults.CreateBuilder(args);
builder.AddDatabase(typeof(Program).Assembly);
var apiKey = builder.Configuration.Required("Provider:ApiKey");
builder.AddWebhooks();
builder.Services.AddSingleton<Outage>();
builder.Services.AddCharging();
builder.Services.AddRefunding();
builder.Services.AddStatements();

var app = builder.Build();
app.UseWebDefaults();
app.UseApiKey(apiKey);
app.MapCharging();
app.MapRefunding();
app.MapStatements();
app.Run();
