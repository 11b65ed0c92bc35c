using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Exporting;

/// <summary>
/// GET /users/me/export: all that Users holds of the caller, except secrets (the hashes of the password and of the tokens).
/// </summary>
internal static class ExportAccount
{
    public static async Task<Results<Ok<AccountExport>, ProblemHttpResult>> Handle(
        Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            """
            SELECT id, email, name, role, registered_at FROM users WHERE id = @UserId;
            SELECT id, expires_at FROM refresh_families WHERE user_id = @UserId ORDER BY id;
            SELECT order_id, is_final FROM orders_of_users WHERE user_id = @UserId ORDER BY order_id;
            """,
            caller,
            cancellationToken: cancellationToken));
        return await results.ReadSingleOrDefaultAsync<ExportedAccount>() is { } account
            ? TypedResults.Ok(new AccountExport(
                account, [.. await results.ReadAsync<ExportedSession>()], [.. await results.ReadAsync<ExportedOrder>()]))
            : Problems.NotFound();
    }
}
