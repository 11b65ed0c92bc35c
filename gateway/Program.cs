using ShopSaga.Gateway;
using ShopSaga.Gateway.Limiting;
using ShopSaga.Hosting;

var builder = ServiceHost.CreateBuilder(args, database: false);
builder.AddOwnTraces();
builder.AddConnectionLimits();
builder.AddCrossOrigin();
builder.AddRateLimits();
builder.AddForwarding();

var app = builder.Build();
app.UseOwnTraces();
app.UseSecurityHeaders();
app.UseTrustedProxies();
app.UseServiceDefaults(beforeAuthorization: gateway =>
{
    gateway.UseCrossOrigin();
    gateway.UseRateLimits();
    gateway.UseSwaggerPage();
});
app.MapProblemPages();
app.MapForwarding();
app.Run();
