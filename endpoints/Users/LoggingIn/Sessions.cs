using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using ShopSaga.Users.Signing;

namespace ShopSaga.Users.LoggingIn;

/// <summary>
/// A log-in starts a family of refresh tokens. Each serves once and gives its successor; one that is shown a second time was stolen from
/// somebody, and nobody can tell from whom, so the whole family is revoked. A family ends after thirty days in any case.
/// </summary>
internal sealed class Sessions(NpgsqlDataSource database, TokenSigner signer, TimeProvider time, ILogger<Sessions> logger)
{
    private const int TokenBytes = 32;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    public async Task<TokenPair> Start(User user, CancellationToken cancellationToken)
    {
        var (token, now) = (NewToken(), time.GetUtcNow());
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            DELETE FROM refresh_families WHERE user_id = @UserId AND expires_at <= @Now;

            WITH family AS (
                INSERT INTO refresh_families (user_id, expires_at) VALUES (@UserId, @ExpiresAt) RETURNING id)
            INSERT INTO refresh_tokens (token_hash, family_id) SELECT @TokenHash, id FROM family;
            """,
            new { UserId = user.Id, Now = now, ExpiresAt = now + Lifetime, TokenHash = Hash(token) },
            cancellationToken: cancellationToken));
        return await Pair(user, token, cancellationToken);
    }

    /// <summary>Uses the token; null when it is not good (any more).</summary>
    public async Task<TokenPair?> Continue(string usedToken, CancellationToken cancellationToken)
    {
        var token = NewToken();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);

        // Family first, then its tokens: the order in which End locks, too.
        var user = await connection.QuerySingleOrDefaultAsync<User>(new CommandDefinition(
            """
            WITH family AS (
                SELECT refresh_families.id, user_id
                FROM refresh_families JOIN refresh_tokens ON family_id = refresh_families.id
                WHERE token_hash = @UsedHash AND expires_at > @Now
                FOR UPDATE OF refresh_families),
            used AS (
                UPDATE refresh_tokens SET used_at = @Now FROM family
                WHERE token_hash = @UsedHash AND family_id = family.id AND used_at IS NULL
                RETURNING family_id, user_id),
            successor AS (
                INSERT INTO refresh_tokens (token_hash, family_id) SELECT @TokenHash, family_id FROM used)
            SELECT users.id, email, name, role FROM users JOIN used ON user_id = users.id
            """,
            new { UsedHash = Hash(usedToken), TokenHash = Hash(token), Now = time.GetUtcNow() },
            cancellationToken: cancellationToken));
        if (user is not null)
        {
            return await Pair(user, token, cancellationToken);
        }

        if (await End(usedToken, cancellationToken))
        {
            logger.LogWarning(LogEvents.RefreshTokenReused, "A refresh token was shown that was used or too old: its family is revoked");
        }

        return null;
    }

    /// <summary>Revokes the token's family; false when there was none.</summary>
    public async Task<bool> End(string token, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM refresh_families WHERE id = (SELECT family_id FROM refresh_tokens WHERE token_hash = @TokenHash)",
            new { TokenHash = Hash(token) },
            cancellationToken: cancellationToken)) == 1;
    }

    private async Task<TokenPair> Pair(User user, string refreshToken, CancellationToken cancellationToken) =>
        new(await signer.Sign(user, cancellationToken), "Bearer", (int)TokenSigner.Lifetime.TotalSeconds, refreshToken);

    private static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
