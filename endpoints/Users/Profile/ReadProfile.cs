using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Profile;

/// <summary>GET /users/me: read from the database, since the access token may be older than the last change.</summary>
internal static class ReadProfile
{
    public static async Task<Results<Ok<User>, ProblemHttpResult>> Handle(
        Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var user = await connection.QuerySingleOrDefaultAsync<User>(new CommandDefinition(
            "SELECT id, email, name, role FROM users WHERE id = @UserId",
            caller,
            cancellationToken: cancellationToken));
        return user is null ? Problems.NotFound() : TypedResults.Ok(user);
    }
}
