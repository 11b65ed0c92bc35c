using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace ShopSaga.Users.Signing;

/// <summary>At the very first start: creates the key that signs access tokens. Of instances that start together, one wins.</summary>
internal sealed class FirstKey(NpgsqlDataSource database, TimeProvider time, ILogger<FirstKey> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await connection.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT FROM signing_keys WHERE retired_at IS NULL)"))
        {
            return;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var jwk = new JsonWebKey
        {
            Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
            Crv = JsonWebKeyECTypes.P256,
            X = Base64UrlEncoder.Encode(point.X!),
            Y = Base64UrlEncoder.Encode(point.Y!),
        };
        var keyId = Base64UrlEncoder.Encode(jwk.ComputeJwkThumbprint());
        var created = await connection.ExecuteAsync(
            """
            INSERT INTO signing_keys (key_id, private_key, public_jwk, created_at) VALUES (@keyId, @privateKey, @publicJwk, @now)
            ON CONFLICT DO NOTHING
            """,
            new
            {
                keyId,
                privateKey = key.ExportPkcs8PrivateKey(),
                publicJwk = JsonSerializer.Serialize(new { kty = jwk.Kty, crv = jwk.Crv, use = "sig", alg = "ES256", kid = keyId, x = jwk.X, y = jwk.Y }),
                now = time.GetUtcNow(),
            });
        if (created == 1)
        {
            logger.LogInformation(LogEvents.SigningKeyCreated, "Created signing key {KeyId}", keyId);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
