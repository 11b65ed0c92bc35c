using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.LoggingIn;

/// <summary>The body of a log-in.</summary>
internal sealed record Credentials(string Email, string Password) : IJsonBody<Credentials>;
