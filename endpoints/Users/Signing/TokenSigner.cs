using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using ShopSaga.Hosting;

namespace ShopSaga.Users.Signing;

/// <summary>
/// Signs access tokens (JWT with ES256, RFC 7518, section 3.4). It reads the key for each token, so every instance uses a new key at once.
/// </summary>
internal sealed class TokenSigner(NpgsqlDataSource database, KeyProtection protection, IConfiguration configuration, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    private readonly string _issuer = configuration.Required("Auth:Issuer");
    private readonly string _audience = configuration.Required("Auth:Audience");

    public async Task<string> Sign(User user, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        var (keyId, privateKey) = await connection.QuerySingleAsync<(string KeyId, byte[] PrivateKey)>(new CommandDefinition(
            """
            SELECT key_id, private_key FROM signing_keys WHERE private_key IS NOT NULL AND signs_from <= @now
            ORDER BY signs_from DESC LIMIT 1
            """,
            new { now },
            cancellationToken: cancellationToken));
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(protection.Open(keyId, privateKey), out _);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = _issuer,
            Audience = _audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            Claims = new Dictionary<string, object>
            {
                ["sub"] = user.Id.ToString(CultureInfo.InvariantCulture),
                ["email"] = user.Email,
                ["name"] = user.Name,
                ["role"] = user.Role,
                ["jti"] = RandomNumberGenerator.GetHexString(32, lowercase: true),
            },

            // The key lives only as long as this call. The provider cache of the library would keep it, and use it after it was disposed.
            SigningCredentials = new SigningCredentials(
                new ECDsaSecurityKey(key)
                {
                    KeyId = keyId,
                    CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
                },
                SecurityAlgorithms.EcdsaSha256),
        });
    }
}
