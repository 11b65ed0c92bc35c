using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ShopSaga.Tests.Shared;

/// <summary>
/// Access tokens as Users would sign them, with a key that services under test trust. They expire by the clock on the wall.
/// </summary>
public static class TestTokens
{
    public const string Issuer = "http://shop.test";
    public const string Audience = "shopsaga-test";

    public static ECDsaSecurityKey Key { get; } = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "test-key" };

    /// <summary>The public half, as /.well-known/jwks.json would show it.</summary>
    public static string Jwks { get; } = JwksOf(Key);

    public static string Customer(long userId) => Sign(Claims(userId, "customer"));

    public static string Admin(long userId = 1) => Sign(Claims(userId, "admin"));

    public static Dictionary<string, object> Claims(long userId, string role) => new()
    {
        ["sub"] = userId.ToString(CultureInfo.InvariantCulture),
        ["email"] = $"user{userId}@shop.test",
        ["name"] = $"User {userId}",
        ["role"] = role,
    };

    public static string Sign(
        Dictionary<string, object> claims,
        SigningCredentials? credentials = null,
        string issuer = Issuer,
        string audience = Audience,
        TimeSpan? expiresIn = null)
    {
        var expires = DateTime.UtcNow + (expiresIn ?? TimeSpan.FromMinutes(15));
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Claims = claims,
            IssuedAt = expires.AddMinutes(-15),
            NotBefore = expires.AddMinutes(-15),
            Expires = expires,
            SigningCredentials = credentials ?? new SigningCredentials(Key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    public static string JwksOf(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return JsonSerializer.Serialize(new
        {
            keys = new[]
            {
                new
                {
                    kty = "EC",
                    crv = "P-256",
                    use = "sig",
                    alg = "ES256",
                    kid = key.KeyId,
                    x = Base64UrlEncoder.Encode(point.X!),
                    y = Base64UrlEncoder.Encode(point.Y!),
                },
            },
        });
    }
}
