using ShopSaga.Hosting;
using ShopSaga.Web;

var builder = WebDefaults.CreateBuilder(args);
builder.AddGatewayClient();
builder.AddSessions();
builder.AddPages();

var app = builder.Build();
app.UseWebDefaults();
app.UsePages();
app.MapPages();
app.Run();
