using Dapper;
using Npgsql;

namespace ShopSaga.Orders.Cart;

/// <summary>A cart at current prices. A withdrawn product stays in it, at its last price, until the customer removes it.</summary>
internal sealed record CartView(IReadOnlyList<CartLine> Lines)
{
    /// <summary>The sum over the lines.</summary>
    public long TotalAmount { get; } = checked(Lines.Sum(line => (long)line.UnitPrice * line.Quantity));

    public static async Task<CartView> Read(NpgsqlConnection connection, long userId, CancellationToken cancellationToken) => new(
    [
        .. await connection.QueryAsync<CartLine>(new CommandDefinition(
            """
            SELECT product_id, name, price AS unit_price, quantity
              FROM cart_items JOIN price_list USING (product_id)
             WHERE user_id = @userId
             ORDER BY product_id
            """,
            new { userId },
            cancellationToken: cancellationToken)),
    ]);
}

/// <summary>One product of a cart.</summary>
internal sealed record CartLine(long ProductId, string Name, int UnitPrice, int Quantity);
