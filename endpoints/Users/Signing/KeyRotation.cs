using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Users.Signing;

/// <summary>
/// Creates the first signing key at the first start, and a new one when the last has signed for <c>Signing:RotateEvery</c> (30 days by
/// default). A new key is published before it signs, and an old one until its last token has expired: a service can always find the key of
/// a valid token. A table lock lets one of several instances do it.
/// </summary>
internal sealed class KeyRotation(
    NpgsqlDataSource database, KeyProtection protection, IConfiguration configuration, TimeProvider time, ILogger<KeyRotation> logger)
    : BackgroundService
{
    // Twice the time for which services cache the key set.
    public static readonly TimeSpan PublishAhead = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MinRotateEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(5);
    private readonly TimeSpan _rotateEvery = ReadRotateEvery(configuration);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await DatabaseAtStart.WhenAvailable(CreateWhenDue, time, logger, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CreateWhenDue(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(
                    LogEvents.SigningKeyNotRotated, "Cannot check whether a new signing key is due: {Reason}", failure.Message);
            }
        }
    }

    private async Task CreateWhenDue(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE");
        var last = await connection.QuerySingleOrDefaultAsync<Key>(
            "SELECT key_id, private_key, signs_from FROM signing_keys WHERE private_key IS NOT NULL ORDER BY signs_from DESC LIMIT 1");
        if (last is null)
        {
            await Create(connection, signsFrom: now, now);
        }
        else
        {
            // Fails the start when the configured encryption key is not the one that the stored key was encrypted under.
            protection.Open(last.KeyId, last.PrivateKey);
            if (last.SignsFrom + _rotateEvery <= now + PublishAhead)
            {
                await Create(connection, signsFrom: now + PublishAhead, now);
            }
        }

        // A key is deleted when the last token that it can have signed has expired, with twice the lifetime as a margin for clocks that
        // differ.
        await connection.ExecuteAsync(
            """
            DELETE FROM signing_keys
            WHERE EXISTS (
                SELECT FROM signing_keys successor
                WHERE successor.signs_from > signing_keys.signs_from AND successor.signs_from <= @supersededBefore)
            """,
            new { supersededBefore = now - (2 * TokenSigner.Lifetime) });
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task Create(NpgsqlConnection connection, DateTimeOffset signsFrom, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var jwk = new JsonWebKey
        {
            Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
            Crv = JsonWebKeyECTypes.P256,
            X = Base64UrlEncoder.Encode(point.X!),
            Y = Base64UrlEncoder.Encode(point.Y!),
        };
        // The thumbprint of RFC 7638 is unique without a counter or a registry.
        var keyId = Base64UrlEncoder.Encode(jwk.ComputeJwkThumbprint());
        await connection.ExecuteAsync(
            """
            INSERT INTO signing_keys (key_id, private_key, public_jwk, created_at, signs_from)
            VALUES (@keyId, @privateKey, @publicJwk, @now, @signsFrom)
            """,
            new
            {
                keyId,
                privateKey = protection.Seal(keyId, key.ExportPkcs8PrivateKey()),
                publicJwk = JsonSerializer.Serialize(
                    new { kty = jwk.Kty, crv = jwk.Crv, use = "sig", alg = "ES256", kid = keyId, x = jwk.X, y = jwk.Y }),
                now,
                signsFrom,
            });
        logger.LogInformation(
            LogEvents.SigningKeyCreated,
            "Created signing key {KeyId}, which signs from {SignsFrom}",
            keyId,
            signsFrom.ToString("o", CultureInfo.InvariantCulture));
    }

    private static TimeSpan ReadRotateEvery(IConfiguration configuration) =>
        configuration.Time("Signing:RotateEvery", TimeSpan.FromDays(30), MinRotateEvery, max: TimeSpan.FromDays(365));

    private sealed record Key(string KeyId, byte[] PrivateKey, DateTimeOffset SignsFrom);
}
