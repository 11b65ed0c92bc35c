using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Placing;

/// <summary>Inserts an order and publishes <see cref="OrderPlaced"/>, in the session's transaction.</summary>
internal static class OrderInsertion
{
    private static readonly OrderStatus Initial =
        Transitions.Next(status: null, OrderTrigger.OrderPlaced, new HashSet<OrderTrigger>())!.Status;

    public static async Task<OrderView> InsertOrder(
        this ITransactionalSession session,
        long userId,
        Quote quote,
        string paymentMethod,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var sql = session.Sql(cancellationToken);
        var orderId = await sql.QuerySingle<long>(
            """
            WITH placed AS (
                INSERT INTO orders (user_id, status, total_amount, payment_method, created_at, updated_at)
                VALUES (@userId, @Status, @TotalAmount, @paymentMethod, @now, @now)
                RETURNING id),
            first_status AS (
                INSERT INTO order_changes (order_id, number, status, at) SELECT id, 1, @Status, @now FROM placed),
            lines AS (
                INSERT INTO order_lines (order_id, position, product_id, product_name, quantity, unit_price)
                SELECT placed.id, line.position, line.product_id, line.product_name, line.quantity, line.unit_price
                  FROM placed, unnest(@ProductIds, @Names, @Quantities, @UnitPrices) WITH ORDINALITY
                       AS line (product_id, product_name, quantity, unit_price, position))
            SELECT id FROM placed
            """,
            new
            {
                userId,
                Status = Initial.ToString(),
                quote.TotalAmount,
                paymentMethod,
                now,
                ProductIds = quote.Lines.Select(line => line.ProductId).ToArray(),
                Names = quote.Lines.Select(line => line.Name).ToArray(),
                Quantities = quote.Lines.Select(line => line.Quantity).ToArray(),
                UnitPrices = quote.Lines.Select(line => line.UnitPrice).ToArray(),
            });
        var lines = quote.Lines.Select(line => new OrderLine(line.ProductId, line.Quantity, line.UnitPrice)).ToList();
        var placed = new OrderPlaced(orderId, userId, lines, quote.TotalAmount, paymentMethod, now);
        await OrderHistory.Record(sql, OrderEvent.Of(placed), now);
        await session.Publish(placed, cancellationToken);
        await session.SendLocal(new WatchOrder(orderId, now), cancellationToken);
        return await OrderView.Read(sql, orderId);
    }
}
