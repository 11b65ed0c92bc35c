using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Text;

namespace ShopSaga.Users.LoggingIn;

/// <summary>POST /auth/login: exchanges an e-mail address and its password for a pair of tokens.</summary>
internal sealed class LogIn
{
    // The second attempt suffices unless the password is changed again within the time of a hash.
    private const int MaxAttempts = 3;

    public static async Task<Results<Ok<TokenPair>, ProblemHttpResult>> Handle(
        Credentials given,
        NpgsqlDataSource database,
        Passwords passwords,
        Sessions sessions,
        ILogger<LogIn> logger,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var account = await FindAccount(database, given.Email, cancellationToken);
            if (!passwords.Verify(account?.PasswordHash, given.Password, out var isOutdated) || account is null)
            {
                break;
            }

            if (isOutdated)
            {
                // Only now is the password known, so only now can a hash that has become too weak be replaced.
                account = await Rehash(database, account, passwords.Hash(given.Password), cancellationToken);
                logger.LogInformation(LogEvents.Rehashed, "Rehashed the password of user {UserId}", account.Id);
            }

            // No session when the hash has changed since it was read: a new password, or the rehash of a concurrent log-in.
            if (await sessions.Start(account.User, account.PasswordHash, cancellationToken) is { } tokens)
            {
                logger.LogInformation(LogEvents.LoggedIn, "User {UserId} logged in", account.Id);
                return TypedResults.Ok(tokens);
            }
        }

        // One answer for both mistakes: it must not tell which addresses are registered.
        logger.LogInformation(LogEvents.LogInRefused, "Log-in refused");
        return Problems.Unauthenticated("The e-mail address or the password is wrong.");
    }

    /// <summary>
    /// Finds the account by the key of the address. An account without a key (see <see cref="EmailKeyBackfill"/>) is found by its exact
    /// spelling, and before another account with that key.
    /// </summary>
    private static async Task<Account?> FindAccount(NpgsqlDataSource database, string email, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Account>(new CommandDefinition(
            """
            SELECT id, email, name, role, password_hash AS PasswordHash
            FROM users
            WHERE email_key = @key OR (email_key IS NULL AND lower(email) = lower(@email) AND email = @email)
            ORDER BY email = @email DESC
            LIMIT 1
            """,
            new { email, key = EmailIdentity.Of(email) },
            cancellationToken: cancellationToken));
    }

    /// <summary>Replaces the hash unless the password was changed in the meantime.</summary>
    private static async Task<Account> Rehash(NpgsqlDataSource database, Account account, string hash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var replaced = await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE users SET password_hash = @hash WHERE id = @Id AND password_hash = @PasswordHash",
            new { hash, account.Id, account.PasswordHash },
            cancellationToken: cancellationToken));
        return replaced == 1 ? account with { PasswordHash = hash } : account;
    }

    private sealed record Account(long Id, string Email, string Name, string Role, string PasswordHash)
    {
        public User User => new(Id, Email, Name, Role);
    }
}
