using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>Access tokens as Users would sign them, with a key that the services trust. They are checked by the real time.</summary>
internal static class TestTokens
{
    public const string Issuer = "http://shop.test";
    public const string Audience = "shopsaga-test";
    private static readonly ECDsaSecurityKey Key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "test-key" };

    /// <summary>The public half, as /.well-known/jwks.json would show it.</summary>
    public static string Jwks { get; } = JwksOf(Key);

    public static string Customer(long userId) => Sign(userId, "customer");

    public static string Admin() => Sign(userId: 1, "admin");

    private static string Sign(long userId, string role) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = Audience,
        Claims = new Dictionary<string, object>
        {
            ["sub"] = userId.ToString(CultureInfo.InvariantCulture),
            ["email"] = $"user{userId}@shop.test",
            ["name"] = $"User {userId}",
            ["role"] = role,
        },
        Expires = DateTime.UtcNow.AddMinutes(15),
        SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.EcdsaSha256),
    });

    private static string JwksOf(ECDsaSecurityKey key)
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
