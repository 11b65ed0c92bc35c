namespace ShopSaga.Web.Sessions;

/// <summary>The tokens of a session. They never reach the browser.</summary>
internal sealed record Tokens(string AccessToken, string RefreshToken, DateTimeOffset ExpiresAt);
