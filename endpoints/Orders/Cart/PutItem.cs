using System.ComponentModel.DataAnnotations;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Placing;

namespace ShopSaga.Orders.Cart;

/// <summary>PUT /cart/items/{productId}: sets the quantity of a product in the cart.</summary>
internal static class PutItem
{
    internal static async Task<Ok<CartView>> Handle(
        long productId, CartItemBody body, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(CartLock.Take, new { caller.UserId }, cancellationToken: cancellationToken));
        var put = await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO cart_items (user_id, product_id, quantity)
            SELECT @UserId, product_id, @Quantity FROM price_list WHERE product_id = @productId AND name IS NOT NULL AND NOT withdrawn
            ON CONFLICT (user_id, product_id) DO UPDATE SET quantity = excluded.quantity
            """,
            new { caller.UserId, productId, body.Quantity },
            cancellationToken: cancellationToken));
        if (put == 0)
        {
            throw new InvalidRequestException("productId", $"Product {productId} is not on sale.");
        }

        var cart = await CartView.Read(connection, caller.UserId, cancellationToken);
        if (cart.Lines.Count > OrderBody.MaxLines)
        {
            throw new InvalidRequestException("productId", $"The cart is full: it holds {OrderBody.MaxLines} products.");
        }

        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(cart);
    }
}

/// <summary>The body of PUT /cart/items/{productId}.</summary>
internal sealed record CartItemBody([Range(1, OrderBody.MaxQuantity)] int Quantity) : IJsonBody<CartItemBody>;
