using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Profile;

/// <summary>PUT /users/me/password: changes the password and ends every session of the user, including those of a thief.</summary>
internal sealed class ChangePassword
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        PasswordChange given,
        Caller caller,
        Passwords passwords,
        NpgsqlDataSource database,
        ILogger<ChangePassword> logger,
        CancellationToken cancellationToken)
    {
        if (await passwords.FindVerifiedHash(database, caller, given.CurrentPassword, cancellationToken) is not { } currentHash)
        {
            return Problems.Invalid("currentPassword", "is wrong.");
        }

        var newHash = passwords.Hash(given.NewPassword);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var changed = await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE users SET password_hash = @newHash WHERE id = @UserId AND password_hash = @currentHash",
            new { newHash, currentHash, caller.UserId },
            transaction,
            cancellationToken: cancellationToken));
        if (changed == 0)
        {
            // A concurrent request changed the password after this one had verified it.
            return Problems.Invalid("currentPassword", "is wrong.");
        }

        // A statement of its own: it sees the sessions that began while the update waited for their lock of the account.
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM refresh_families WHERE user_id = @UserId", caller, transaction, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        logger.LogInformation(LogEvents.PasswordChanged, "User {UserId} changed the password", caller.UserId);
        return TypedResults.NoContent();
    }
}
