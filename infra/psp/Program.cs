using ShopSaga.Hosting;
using ShopSaga.Hosting.Http;
using ShopSaga.Psp;
using ShopSaga.Psp.Charging;
using ShopSaga.Psp.Refunding;
using ShopSaga.Psp.Statements;
using ShopSaga.Psp.Webhooks;

var builder = WebDefaults.CreateBuilder(args);
builder.AddDatabase(typeof(Program).Assembly);
var apiKey = builder.Configuration.Required("Provider:ApiKey");
builder.Services
    .AddSingleton(WebhookSettings.From(builder.Configuration))
    .AddSingleton(_ => new HttpClient { Timeout = Timeout.InfiniteTimeSpan })
    .AddHostedService<SendWebhooks>()
    .AddSingleton<Outage>()
    .AddSingleton<TakeCharge>()
    .AddSingleton<VoidKey>()
    .AddSingleton<FindCharges>()
    .AddSingleton<GiveBack>()
    .AddSingleton<FindRefunds>()
    .AddSingleton<DailyStatement>()
    .AddSingleton<BookTotals>();

var app = builder.Build();
app.UseWebDefaults();
app.UseApiKey(apiKey);

app.MapPost("/charges", (ChargeRequest request, IdempotencyKey key, TakeCharge charges, HttpContext http) =>
    charges.Handle(request, key.Value, http));
app.MapPost("/charges/void", (IdempotencyKey key, VoidKey charges) => charges.Handle(key.Value));
app.MapGet("/charges", (HttpRequest request, FindCharges charges) => charges.ByKey(IdempotencyKey.InQuery(request)));
app.MapGet("/charges/{id:long}", (long id, FindCharges charges) => charges.ById(id));

app.MapPost("/charges/{id:long}/refunds", (long id, RefundRequest request, IdempotencyKey key, GiveBack refunds) =>
    refunds.Handle(id, request, key.Value));
app.MapGet("/refunds", (HttpRequest request, FindRefunds refunds) => refunds.ByKey(IdempotencyKey.InQuery(request)));
app.MapGet("/refunds/{id:long}", (long id, FindRefunds refunds) => refunds.ById(id));

app.MapGet("/statements/{date}", (string date, DailyStatement statements) => statements.Of(Query.Date("date", date)));
app.MapGet("/totals", (BookTotals totals) => totals.Read());

app.Run();
