using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Profile;

/// <summary>PUT /users/me: changes the name. Access tokens issued before keep the old one until they expire.</summary>
internal static class Rename
{
    public static async Task<Results<Ok<User>, ProblemHttpResult>> Handle(
        NewName given, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var user = await connection.QuerySingleOrDefaultAsync<User>(new CommandDefinition(
            "UPDATE users SET name = @Name WHERE id = @UserId RETURNING id, email, name, role",
            new { given.Name, caller.UserId },
            cancellationToken: cancellationToken));
        return user is null ? Problems.NotFound() : TypedResults.Ok(user);
    }
}
