using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Reserving;

/// <summary>
/// The stock of the products that an order names: locked by ascending id, so that orders for the same products cannot deadlock.
/// </summary>
internal sealed class StockRows(ProductCache cache)
{
    /// <summary>Locks the products of the reservation of <c>@OrderId</c> and selects the stock of each.</summary>
    public const string LockProducts =
        """
        SELECT id, stock_quantity
        FROM products JOIN reservation_lines ON product_id = id
        WHERE order_id = @OrderId
        ORDER BY id
        FOR NO KEY UPDATE OF products
        """;

    /// <summary>Lowers the stock by the lines of the order's reservation. The products are locked.</summary>
    public Task Decrement(Sql sql, long orderId) => Add(sql, orderId, sign: -1);

    /// <summary>Locks the products of the order's reservation and restores the stock of its lines.</summary>
    /// <exception cref="InvalidOperationException">
    /// The stock would exceed the maximum. This happens only to an order that was confirmed: stock changes leave room for the units that
    /// are reserved. The message waits in the error queue until the shop has lowered the stock, and is replayed then.
    /// </exception>
    public async Task LockAndRestore(Sql sql, long orderId)
    {
        await sql.Execute(LockProducts, new { OrderId = orderId });
        try
        {
            await Add(sql, orderId, sign: +1);
        }
        catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.NumericValueOutOfRange)
        {
            throw new InvalidOperationException(
                $"The stock of a product has no room for the units that order {orderId} releases. "
                    + "Lower that stock and replay this message.",
                full);
        }
    }

    private async Task Add(Sql sql, long orderId, int sign)
    {
        var changed = await sql.Query<(long Id, long Version)>(
            """
            UPDATE products SET stock_quantity = stock_quantity + @sign * quantity, version = version + 1
            FROM reservation_lines
            WHERE order_id = @orderId AND product_id = id
            RETURNING id, version
            """,
            new { orderId, sign });
        await cache.Invalidate(changed);
    }
}
