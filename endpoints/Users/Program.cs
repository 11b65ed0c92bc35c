using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Users;
using ShopSaga.Users.ClosingAccount;
using ShopSaga.Users.Exporting;
using ShopSaga.Users.LoggingIn;
using ShopSaga.Users.Profile;
using ShopSaga.Users.Registering;
using ShopSaga.Users.Signing;

var builder = ServiceHost.CreateBuilder(args);
builder.AddEndpoint("Users", endpoint => endpoint.AddHandlers(builder.Configuration));
builder.AddSigning();
builder.Services.AddSingleton<Passwords>().AddSingleton<Sessions>().AddHostedService<EmailKeyBackfill>();
builder.AddFirstAdmin();

var app = builder.Build();
app.UseServiceDefaults();
app.MapRegistering();
app.MapLoggingIn();
app.MapProfile();
app.MapClosingAccount();
app.MapExporting();
app.MapSigning();
app.Run();
