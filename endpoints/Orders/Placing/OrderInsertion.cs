using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Placing;

/// <summary>Inserts orders, in the transaction of a session.</summary>
internal static class OrderInsertion
{
    private static readonly OrderStatus Initial =
        Transitions.Next(status: null, OrderTrigger.OrderPlaced, new HashSet<OrderTrigger>())!.Status;

    /// <summary>Inserts an order with its history, publishes <see cref="OrderPlaced"/> and sends <see cref="WatchOrder"/>.</summary>
    public static async Task<OrderView> InsertOrder(
        this ITransactionalSession session,
        long userId,
        Quote quote,
        string paymentMethod,
        ExpiryPolicy expiry,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var sql = session.Sql(cancellationToken);
        var lines = quote.Lines.Select(line => new OrderLine(line.ProductId, line.Quantity, line.UnitPrice)).ToList();
        var placed = new OrderPlaced(OrderId: 0, userId, lines, quote.TotalAmount, paymentMethod, now);
        var history = OrderHistory.RowOf(OrderEvent.Of(placed), now);
        var orderId = await sql.QuerySingle<long>(
            """
            WITH placed AS (
                INSERT INTO orders (user_id, status, total_amount, payment_method, created_at, updated_at)
                VALUES (@userId, @Status, @TotalAmount, @paymentMethod, @now, @now)
                RETURNING id),
            first_status AS (
                INSERT INTO order_changes (order_id, number, status, at) SELECT id, 1, @Status, @now FROM placed),
            history AS (
                INSERT INTO order_events (order_id, name, source, at, recorded_at, details)
                SELECT id, @Name, @Source, @At, @RecordedAt, @Details::json FROM placed),
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
                history.Name,
                history.Source,
                history.At,
                history.RecordedAt,
                history.Details,
                ProductIds = quote.Lines.Select(line => line.ProductId).ToArray(),
                Names = quote.Lines.Select(line => line.Name).ToArray(),
                Quantities = quote.Lines.Select(line => line.Quantity).ToArray(),
                UnitPrices = quote.Lines.Select(line => line.UnitPrice).ToArray(),
            });
        await session.Publish(placed with { OrderId = orderId }, cancellationToken);
        var watch = new WatchOrder(orderId, now);
        await session.Send(watch, expiry.OptionsFor(watch), cancellationToken);
        // PostgreSQL keeps microseconds: the order reads the same later.
        var at = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        return new OrderView(
            orderId, userId, Initial, Reason: null, quote.Lines, quote.TotalAmount, paymentMethod, PaymentId: null, at, at);
    }
}
