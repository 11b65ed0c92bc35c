using ShopSaga.Gateway;
using ShopSaga.Hosting;

var builder = ServiceHost.CreateBuilder(args, database: false);
builder.AddForwarding();

var app = builder.Build();
app.UseSecurityHeaders();
app.UseServiceDefaults();
app.MapProblemPages();
app.MapForwarding();
app.Run();
