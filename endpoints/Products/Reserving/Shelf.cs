using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Reserving;

/// <summary>Takes the lines of an order off the shelf and puts them back, whatever number of orders want the same products.</summary>
internal sealed class Shelf(ProductCache cache)
{
    /// <summary>Notes what the order asks for, locks those products by ascending id and says how many pieces there are of each.</summary>
    public async Task<IReadOnlyDictionary<long, int>> Look(Sql sql, OrderPlaced order)
    {
        await sql.Execute(
            """
            INSERT INTO reservation_lines (order_id, product_id, quantity)
            SELECT @OrderId, product_id, quantity FROM unnest(@products, @quantities) AS line (product_id, quantity)
            """,
            new
            {
                order.OrderId,
                products = order.Lines.Select(line => line.ProductId).ToArray(),
                quantities = order.Lines.Select(line => line.Quantity).ToArray(),
            });
        return await Lock(sql, order.OrderId);
    }

    public Task Take(Sql sql, long orderId) => Move(sql, orderId, sign: -1);

    public async Task PutBack(Sql sql, long orderId)
    {
        await Lock(sql, orderId);
        await Move(sql, orderId, sign: +1);
    }

    private static async Task<IReadOnlyDictionary<long, int>> Lock(Sql sql, long orderId)
    {
        var products = await sql.Query<(long Id, int Quantity)>(
            """
            SELECT id, stock_quantity
            FROM products JOIN reservation_lines ON product_id = id
            WHERE order_id = @orderId
            ORDER BY id
            FOR NO KEY UPDATE OF products
            """,
            new { orderId });
        return products.ToDictionary(product => product.Id, product => product.Quantity);
    }

    private async Task Move(Sql sql, long orderId, int sign)
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
