using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Contracts.Users;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.ClosingAccount;

/// <summary>
/// DELETE /users/me: erases the account and its log-ins, and publishes <see cref="AccountClosed"/>. Refused while an order is not final:
/// its outcome could not be told to anyone. Access tokens already issued live to their end.
/// </summary>
internal sealed class CloseAccount
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        AccountClosure given,
        Caller caller,
        Passwords passwords,
        NpgsqlDataSource database,
        ITransactionalSession session,
        TimeProvider time,
        ILogger<CloseAccount> logger,
        CancellationToken cancellationToken)
    {
        if (await passwords.FindVerifiedHash(database, caller, given.Password, cancellationToken) is not { } hash)
        {
            return Problems.Invalid("password", "is wrong.");
        }

        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        if (await sql.QuerySingle<bool>(
            "SELECT EXISTS (SELECT FROM orders_of_users WHERE user_id = @UserId AND NOT is_final)", new { caller.UserId }))
        {
            return Problems.Conflict("conflict", "Open orders", "An order is not final yet. Close the account when all orders are.");
        }

        // Sessions and tokens go with the row; the id is an identity, so it is never given out again. The hash is compared, as at a log-in:
        // the password may have been changed since it was verified.
        var closed = await sql.Execute(
            "DELETE FROM users WHERE id = @UserId AND password_hash = @hash", new { caller.UserId, hash });
        if (closed == 0)
        {
            return Problems.Invalid("password", "is wrong.");
        }

        await session.Publish(new AccountClosed(caller.UserId, time.GetUtcNow()), cancellationToken);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.AccountClosed, "User {UserId} closed the account", caller.UserId);
        return TypedResults.NoContent();
    }
}
