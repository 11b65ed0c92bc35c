using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace ShopSaga.Users.Signing;

/// <summary>
/// Creates the first signing key at the first start, and a new one whenever the last has served for <c>Signing:RotateEvery</c> (30 days by
/// default). A new key is published for a while before it signs, and an old one for as long as its tokens live, so that nobody ever meets a
/// token whose key he cannot know. Of several instances one does it.
/// </summary>
internal sealed class KeyRotation(
    NpgsqlDataSource database, KeyProtection protection, IConfiguration configuration, TimeProvider time, ILogger<KeyRotation> logger)
    : BackgroundService
{
    // Longer than services keep what they have fetched.
    public static readonly TimeSpan PublishedAhead = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AtLeast = TimeSpan.FromHours(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(5);
    private readonly TimeSpan _rotateEvery = RotateEvery(configuration);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CreateWhenDue(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CreateWhenDue(stoppingToken);
            }
            catch (NpgsqlException failure)
            {
                logger.LogWarning(LogEvents.SigningKeyNotRotated, "Could not look whether a new signing key is due: {Reason}", failure.Message);
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
            protection.Open(last.KeyId, last.PrivateKey);
            if (last.SignsFrom + _rotateEvery <= now + PublishedAhead)
            {
                await Create(connection, signsFrom: now + PublishedAhead, now);
            }
        }

        // A key is of no use any more when the last token has expired that it signed before its successor did.
        await connection.ExecuteAsync(
            """
            DELETE FROM signing_keys
            WHERE EXISTS (
                SELECT FROM signing_keys successor WHERE successor.signs_from > signing_keys.signs_from AND successor.signs_from <= @longAgo)
            """,
            new { longAgo = now - (2 * TokenSigner.Lifetime) });
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
                publicJwk = JsonSerializer.Serialize(new { kty = jwk.Kty, crv = jwk.Crv, use = "sig", alg = "ES256", kid = keyId, x = jwk.X, y = jwk.Y }),
                now,
                signsFrom,
            });
        logger.LogInformation(LogEvents.SigningKeyCreated, "Created signing key {KeyId}, which signs from {SignsFrom:o}", keyId, signsFrom);
    }

    private static TimeSpan RotateEvery(IConfiguration configuration)
    {
        var every = configuration.GetValue("Signing:RotateEvery", TimeSpan.FromDays(30));
        return every >= AtLeast
            ? every
            : throw new InvalidOperationException($"Configuration 'Signing:RotateEvery' must be at least {AtLeast}. Set Signing__RotateEvery.");
    }

    private sealed record Key(string KeyId, byte[] PrivateKey, DateTimeOffset SignsFrom);
}
