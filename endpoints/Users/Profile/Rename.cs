using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Profile;

/// <summary>PUT /users/me: a user takes another name. Access tokens given out before still carry the old one.</summary>
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

/// <summary>The name to take.</summary>
internal sealed record NewName([Text(1, 200)] string Name) : IJsonBody<NewName>;
