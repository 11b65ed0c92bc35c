using System.Text.Json.Serialization;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.LoggingIn;

/// <summary>A refresh token that a client shows.</summary>
internal sealed record RefreshToken([property: JsonPropertyName("refreshToken")] string Value) : IJsonBody<RefreshToken>;
