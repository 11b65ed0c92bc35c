using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Users;
using ShopSaga.Users.LoggingIn;
using ShopSaga.Users.Profile;
using ShopSaga.Users.Registering;
using ShopSaga.Users.Signing;

var builder = ServiceHost.CreateBuilder(args);
builder.AddEndpoint("Users", _ => { });
builder.AddSigning();
builder.AddFirstAdmin();
builder.Services.AddSingleton<Passwords>();
builder.Services.AddSingleton<Sessions>();

var app = builder.Build();
app.UseServiceDefaults();
app.MapPost("/users", RegisterUser.Handle);
app.MapPost("/auth/login", LogIn.Handle);
app.MapPost("/auth/refresh", Refresh.Handle);
app.MapPost("/auth/logout", LogOut.Handle);
app.MapGet("/users/me", ReadProfile.Handle).RequireUser();
app.MapPut("/users/me", Rename.Handle).RequireUser();
app.MapPut("/users/me/password", ChangePassword.Handle).RequireUser();
app.MapGet("/.well-known/jwks.json", PublicKeys.Handle);
app.Run();
