using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Reserving;

/// <summary>
/// The stock of the products that an order names: locked by ascending id, so that orders for the same products cannot deadlock.
/// </summary>
internal sealed class StockRows(ProductCache cache)
{
    private const string LockLines =
        """
        SELECT id, stock_quantity
        FROM products JOIN reservation_lines ON product_id = id
        WHERE order_id = @OrderId
        ORDER BY id
        FOR NO KEY UPDATE OF products
        """;

    /// <summary>
    /// Inserts the order's reservation with its lines, locks their products, and gives the stock of each; null when the order has a
    /// reservation already. One round trip.
    /// </summary>
    public static async Task<IReadOnlyDictionary<long, int>?> TryReserveAndLock(Sql sql, OrderPlaced order, DateTimeOffset at)
    {
        var (reserved, products) = await sql.QueryBoth<long?, (long Id, int Quantity)>(
            $"""
            WITH reservation AS (
                INSERT INTO reservations (order_id, state, changed_at) VALUES (@OrderId, @state, @at)
                ON CONFLICT (order_id) DO NOTHING
                RETURNING order_id),
            lines AS (
                INSERT INTO reservation_lines (order_id, product_id, quantity)
                SELECT order_id, product_id, quantity FROM reservation, unnest(@products, @quantities) AS line (product_id, quantity))
            SELECT order_id FROM reservation;
            {LockLines}
            """,
            new
            {
                order.OrderId,
                state = Transitions.Next(null, ReservationTrigger.OrderPlaced).ToString(),
                at,
                products = order.Lines.Select(line => line.ProductId).ToArray(),
                quantities = order.Lines.Select(line => line.Quantity).ToArray(),
            });
        return reserved is null ? null : products.ToDictionary(product => product.Id, product => product.Quantity);
    }

    /// <summary>Lowers the stock by the lines of the order's reservation. The products are locked.</summary>
    public Task Decrement(Sql sql, long orderId) => Add(sql, orderId, sign: -1);

    /// <summary>Locks the products of the order's reservation and restores the stock of its lines.</summary>
    /// <exception cref="InvalidOperationException">
    /// The stock would exceed the maximum. This happens only to an order that was confirmed: stock changes leave room for the units of open
    /// orders. The message waits in the error queue until the shop has lowered the stock, and is replayed then.
    /// </exception>
    public async Task LockAndRestore(Sql sql, long orderId)
    {
        await sql.Execute(LockLines, new { OrderId = orderId });
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
