using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using ShopSaga.Users.Signing;

namespace ShopSaga.Users.LoggingIn;

/// <summary>
/// A log-in starts a family of refresh tokens. Each token serves once and yields its successor (refresh token rotation, RFC 9700, section
/// 4.14.2). A token that is used a second time has been stolen, and the thief may hold either copy, so the whole family is revoked. A
/// family ends after thirty days in any case.
/// </summary>
internal sealed class Sessions(NpgsqlDataSource database, TokenSigner signer, TimeProvider time, ILogger<Sessions> logger)
{
    // 256 random bits cannot be guessed, so a fast hash without salt is enough to store them.
    private const int TokenBytes = 32;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>Starts a family for a user who has just logged in; null when the password is no longer the one that was verified.</summary>
    /// <param name="user">The user.</param>
    /// <param name="verifiedHash">The hash that the given password was verified against.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<TokenPair?> Start(User user, string verifiedHash, CancellationToken cancellationToken)
    {
        var (token, now) = (NewToken(), time.GetUtcNow());
        await using var connection = await database.OpenConnectionAsync(cancellationToken);

        // Expired families are removed at the user's next log-in: no background job is needed.
        // The lock on the account's row orders this log-in and a change of the password: a change that comes first prevents the log-in, one
        // that comes second ends it. The hash is compared under the lock, as it is then.
        var started = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            DELETE FROM refresh_families WHERE user_id = @UserId AND expires_at <= @Now;

            WITH account AS (
                SELECT id FROM users WHERE id = @UserId AND password_hash = @verifiedHash FOR SHARE),
            family AS (
                INSERT INTO refresh_families (user_id, expires_at) SELECT id, @ExpiresAt FROM account RETURNING id),
            token AS (
                INSERT INTO refresh_tokens (token_hash, family_id) SELECT @TokenHash, id FROM family)
            SELECT EXISTS (SELECT FROM family)
            """,
            new { UserId = user.Id, verifiedHash, Now = now, ExpiresAt = now + Lifetime, TokenHash = Hash(token) },
            cancellationToken: cancellationToken));
        return started ? await CreatePair(user, token, cancellationToken) : null;
    }

    /// <summary>Uses up the token and gives its successor; null when the token is unknown, used, revoked or expired.</summary>
    public async Task<TokenPair?> Refresh(string usedToken, CancellationToken cancellationToken)
    {
        var token = NewToken();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);

        // The family is locked before its tokens, in the order in which Revoke locks them: the two cannot deadlock.
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
            return await CreatePair(user, token, cancellationToken);
        }

        if (await Revoke(usedToken, cancellationToken))
        {
            logger.LogWarning(LogEvents.RefreshTokenReused, "A used or expired refresh token was presented: revoked its family");
        }

        return null;
    }

    /// <summary>Revokes the token's family; false when the token has none.</summary>
    public async Task<bool> Revoke(string token, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM refresh_families WHERE id = (SELECT family_id FROM refresh_tokens WHERE token_hash = @TokenHash)",
            new { TokenHash = Hash(token) },
            cancellationToken: cancellationToken)) == 1;
    }

    private async Task<TokenPair> CreatePair(User user, string refreshToken, CancellationToken cancellationToken) =>
        new(await signer.Sign(user, cancellationToken), "Bearer", (int)TokenSigner.Lifetime.TotalSeconds, refreshToken);

    private static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
