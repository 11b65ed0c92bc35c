using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.LoggingIn;

/// <summary>POST /auth/login: exchanges an e-mail address and its password for a pair of tokens.</summary>
internal static class LogIn
{
    public static async Task<Results<Ok<TokenPair>, ProblemHttpResult>> Handle(
        Credentials given,
        NpgsqlDataSource database,
        Passwords passwords,
        Sessions sessions,
        ILogger<Credentials> logger,
        CancellationToken cancellationToken)
    {
        var account = await FindAccount(database, given.Email, cancellationToken);
        if (!passwords.Verify(account?.PasswordHash, given.Password, out var isOutdated) || account is null)
        {
            // One answer for both mistakes: it must not tell which addresses are registered.
            logger.LogInformation(LogEvents.LogInRefused, "Log-in refused");
            return Problems.Unauthenticated("The e-mail address or the password is wrong.");
        }

        if (isOutdated)
        {
            // Only now is the password known, so only now can a hash that has become too weak be replaced.
            await Rehash(database, account, passwords.Hash(given.Password), cancellationToken);
            logger.LogInformation(LogEvents.Rehashed, "Rehashed the password of user {UserId}", account.Id);
        }

        var tokens = await sessions.Start(account.User, cancellationToken);
        logger.LogInformation(LogEvents.LoggedIn, "User {UserId} logged in", account.Id);
        return TypedResults.Ok(tokens);
    }

    private static async Task<Account?> FindAccount(NpgsqlDataSource database, string email, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Account>(new CommandDefinition(
            "SELECT id, email, name, role, password_hash AS PasswordHash FROM users WHERE lower(email) = lower(@email)",
            new { email },
            cancellationToken: cancellationToken));
    }

    /// <summary>Replaces the hash unless the password was changed in the meantime.</summary>
    private static async Task Rehash(NpgsqlDataSource database, Account account, string hash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE users SET password_hash = @hash WHERE id = @Id AND password_hash = @PasswordHash",
            new { hash, account.Id, account.PasswordHash },
            cancellationToken: cancellationToken));
    }

    private sealed record Account(long Id, string Email, string Name, string Role, string PasswordHash)
    {
        public User User => new(Id, Email, Name, Role);
    }
}
