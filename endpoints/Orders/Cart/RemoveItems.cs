using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Cart;

/// <summary>DELETE /cart/items/{productId} and DELETE /cart. Removing a product that is not in the cart succeeds.</summary>
internal static class RemoveItems
{
    internal static async Task<Ok<CartView>> One(
        long productId, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM cart_items WHERE user_id = @UserId AND product_id = @productId",
            new { caller.UserId, productId },
            cancellationToken: cancellationToken));
        return TypedResults.Ok(await CartView.Read(connection, caller.UserId, cancellationToken));
    }

    internal static async Task<NoContent> All(Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            $"{CartLock.Take}; DELETE FROM cart_items WHERE user_id = @UserId",
            new { caller.UserId },
            cancellationToken: cancellationToken));
        return TypedResults.NoContent();
    }
}
