using Dapper;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Load.RawLoop;

namespace ShopSaga.Load.RawShop;

/// <summary>Reserves stock and commits it. Stock that would become negative ends the process.</summary>
internal static class RawProducts
{
    public static RawService WithProducts(this RawService service) => service.On<OrderPlaced>(Reserve).On<OrderConfirmed>(Commit);

    private static async Task Reserve(RawTransaction transaction, OrderPlaced message)
    {
        var now = DateTimeOffset.UtcNow;
        if (await transaction.Record(RawMessage.Of(new StockReserved(message.OrderId, now))))
        {
            await transaction.Connection.ExecuteAsync(
                """
                INSERT INTO reservations (order_id, state, changed_at) VALUES (@OrderId, 'RESERVED', @now);
                INSERT INTO reservation_lines (order_id, product_id, quantity)
                SELECT @OrderId, product_id, quantity FROM unnest(@products, @quantities) AS line (product_id, quantity);
                SELECT id FROM products WHERE id = ANY(@products) ORDER BY id FOR NO KEY UPDATE;
                UPDATE products SET stock_quantity = stock_quantity - quantity, version = version + 1
                FROM unnest(@products, @quantities) AS line (product_id, quantity) WHERE id = product_id
                """,
                new
                {
                    message.OrderId,
                    now,
                    products = message.Lines.Select(line => line.ProductId).ToArray(),
                    quantities = message.Lines.Select(line => line.Quantity).ToArray(),
                });
        }
    }

    private static async Task Commit(RawTransaction transaction, OrderConfirmed message)
    {
        var now = DateTimeOffset.UtcNow;
        if (await transaction.Record(RawMessage.Of(new StockCommitted(message.OrderId, now))))
        {
            await transaction.Connection.ExecuteAsync(
                "UPDATE reservations SET state = 'COMMITTED', changed_at = @now WHERE order_id = @OrderId AND state = 'RESERVED'",
                new { message.OrderId, now });
        }
    }
}
