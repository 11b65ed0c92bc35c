using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
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
app.MapPost("/users", RegisterUser.Handle)
    .Describe("registerUser", "Opens an account", new Registration("ann@example.com", "a long password", "Ann"))
    .Refuses(409, "email-taken");
app.MapPost("/auth/login", LogIn.Handle)
    .Describe("logIn", "Gives a pair of tokens for an e-mail address and its password", new Credentials("ann@example.com", "a long password"))
    .Refuses(401);
app.MapPost("/auth/refresh", Refresh.Handle)
    .Describe("refreshTokens", "Gives a new pair of tokens for a refresh token, once", new RefreshToken("M3rR0h…"))
    .Refuses(401);
app.MapPost("/auth/logout", LogOut.Handle)
    .Describe("logOut", "Revokes what one log-in gave out", new RefreshToken("M3rR0h…"));
app.MapGet("/users/me", ReadProfile.Handle).RequireUser()
    .Describe("readProfile", "The caller's account")
    .Refuses(404);
app.MapPut("/users/me", Rename.Handle).RequireUser()
    .Describe("rename", "Changes the caller's name", new NewName("Ann Lee"))
    .Refuses(404);
app.MapPut("/users/me/password", ChangePassword.Handle).RequireUser()
    .Describe("changePassword", "Changes the caller's password and ends all sessions", new PasswordChange("a long password", "a longer password"));
app.MapGet("/.well-known/jwks.json", PublicKeys.Handle)
    .Describe("readKeys", "The public keys that access tokens are signed with (RFC 7517)")
    .Produces<PublicKeySet>(200, "application/jwk-set+json");
app.Run();
