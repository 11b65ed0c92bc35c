using System.Text.Json.Serialization;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.LoggingIn;

/// <summary>The body of a refresh and of a log-out.</summary>
internal sealed record RefreshToken([property: JsonPropertyName("refreshToken")] string Value) : IJsonBody<RefreshToken>;
