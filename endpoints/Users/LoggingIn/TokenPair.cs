namespace ShopSaga.Users.LoggingIn;

/// <summary>What a log-in gives out.</summary>
internal sealed record TokenPair(string AccessToken, string TokenType, int ExpiresIn, string RefreshToken);
