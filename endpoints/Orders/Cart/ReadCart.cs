using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Cart;

/// <summary>GET /cart: the caller's cart.</summary>
internal static class ReadCart
{
    internal static async Task<Ok<CartView>> Handle(Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return TypedResults.Ok(await CartView.Read(connection, caller.UserId, cancellationToken));
    }
}
