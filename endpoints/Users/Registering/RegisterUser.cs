using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Users;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Text;

namespace ShopSaga.Users.Registering;

/// <summary>POST /users: opens an account and publishes <see cref="UserRegistered"/> in the same transaction.</summary>
internal sealed class RegisterUser
{
    public static async Task<Results<Created<User>, ProblemHttpResult>> Handle(
        Registration given,
        Passwords passwords,
        ITransactionalSession session,
        TimeProvider time,
        ILogger<RegisterUser> logger,
        CancellationToken cancellationToken)
    {
        // Hashing takes some 100 ms: before the transaction, which would hold a connection meanwhile.
        var (passwordHash, now) = (passwords.Hash(given.Password), time.GetUtcNow());
        await session.Open(cancellationToken);
        var user = await session.Sql(cancellationToken).QuerySingleOrDefault<User>(
            """
            INSERT INTO users (email, email_key, password_hash, name, role, registered_at)
            VALUES (@Email, @key, @passwordHash, @Name, 'customer', @now)
            ON CONFLICT DO NOTHING
            RETURNING id, email, name, role
            """,
            new { given.Email, key = EmailIdentity.Of(given.Email), passwordHash, given.Name, now });
        if (user is null)
        {
            return Problems.Conflict("email-taken", "E-mail taken", "There is an account with this e-mail address.");
        }

        await session.Publish(new UserRegistered(user.Id, user.Email, user.Name, now), cancellationToken);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.Registered, "User {UserId} registered", user.Id);
        return TypedResults.Created("/users/me", user);
    }
}
