namespace ShopSaga.Users.LoggingIn;

/// <summary>The answer to a log-in and to a refresh (the member names of RFC 6749, section 5.1, in camelCase).</summary>
internal sealed record TokenPair(string AccessToken, string TokenType, int ExpiresIn, string RefreshToken);
