using System.Text.Json;
using Dapper;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Load.RawLoop;

namespace ShopSaga.Load.RawShop;

/// <summary>What POST /orders takes.</summary>
internal sealed record RawOrder(long ProductId, int Quantity, string PaymentMethod);

/// <summary>Places orders of one line, follows their events and confirms them.</summary>
internal static class RawOrders
{
    public static RawService WithOrders(this RawService service) => service
        .On<StockReserved>(async (transaction, message) =>
        {
            if (await transaction.Record())
            {
                await AddToHistory(transaction, message.OrderId, nameof(StockReserved), "Products", message.ReservedAt);
            }
        })
        .On<StockCommitted>(async (transaction, message) =>
        {
            if (await transaction.Record())
            {
                await AddToHistory(transaction, message.OrderId, nameof(StockCommitted), "Products", message.CommittedAt);
            }
        })
        .On<PaymentCompleted>(Confirm);

    /// <summary>One transaction, and the event that leaves after it. Returns the order's id.</summary>
    public static async Task<long> Place(this RawService service, long userId, RawOrder order)
    {
        var orderId = 0L;
        await service.Endpoint.Handle(Guid.CreateVersion7(), async transaction =>
        {
            var now = DateTimeOffset.UtcNow;
            (orderId, var price) = await transaction.Connection.QuerySingleAsync<(long Id, int Price)>(
                """
                WITH quote AS (
                    SELECT product_id, name, price FROM price_list
                    WHERE product_id = @ProductId AND name IS NOT NULL AND NOT withdrawn),
                placed AS (
                    INSERT INTO orders (user_id, status, total_amount, payment_method, created_at, updated_at)
                    SELECT @userId, 'PENDING', price * @Quantity::bigint, @PaymentMethod, @now, @now FROM quote
                    RETURNING id, total_amount),
                first_status AS (
                    INSERT INTO order_changes (order_id, number, status, at) SELECT id, 1, 'PENDING', @now FROM placed),
                history AS (
                    INSERT INTO order_events (order_id, name, source, at, recorded_at, details)
                    SELECT id, 'OrderPlaced', 'Orders', @now, @now,
                        json_build_object('totalAmount', total_amount, 'paymentMethod', @PaymentMethod::text)
                    FROM placed),
                lines AS (
                    INSERT INTO order_lines (order_id, position, product_id, product_name, quantity, unit_price)
                    SELECT placed.id, 1, product_id, name, @Quantity, price FROM placed, quote)
                SELECT placed.id, price FROM placed, quote
                """,
                new { userId, order.ProductId, order.Quantity, order.PaymentMethod, now });
            await transaction.Record(RawMessage.Of(new OrderPlaced(
                orderId,
                userId,
                [new OrderLine(order.ProductId, order.Quantity, price)],
                (long)price * order.Quantity,
                order.PaymentMethod,
                now)));
        });
        return orderId;
    }

    private static async Task Confirm(RawTransaction transaction, PaymentCompleted message)
    {
        if (!await transaction.Record(RawMessage.Of(new OrderConfirmed(message.OrderId, message.PaymentId, message.CompletedAt))))
        {
            return;
        }

        await transaction.Connection.ExecuteAsync(
            """
            WITH moved AS (
                UPDATE orders SET status = 'CONFIRMED', payment_id = @PaymentId, updated_at = now()
                WHERE id = @OrderId AND status = 'PENDING'
                RETURNING id),
            change AS (
                INSERT INTO order_changes (order_id, number, status, payment_id, at)
                SELECT id, (SELECT max(number) + 1 FROM order_changes WHERE order_id = moved.id), 'CONFIRMED', @PaymentId, now() FROM moved)
            INSERT INTO order_events (order_id, name, source, at, recorded_at, details)
            SELECT id, name, source, @CompletedAt, now(), details::json
            FROM moved, (VALUES ('PaymentCompleted', 'Payments', @completed), ('OrderConfirmed', 'Orders', @confirmed))
                AS event (name, source, details)
            """,
            new
            {
                message.OrderId,
                message.PaymentId,
                message.CompletedAt,
                completed = Details(new { message.PaymentId, message.Amount }),
                confirmed = Details(new { message.PaymentId }),
            });
    }

    private static Task<int> AddToHistory(RawTransaction transaction, long orderId, string name, string source, DateTimeOffset at) =>
        transaction.Connection.ExecuteAsync(
            """
            WITH locked AS (SELECT id FROM orders WHERE id = @orderId FOR UPDATE)
            INSERT INTO order_events (order_id, name, source, at, recorded_at, details)
            SELECT id, @name, @source, @at, now(), '{}' FROM locked
            """,
            new { orderId, name, source, at });

    private static string Details(object details) => JsonSerializer.Serialize(details, JsonSerializerOptions.Web);
}
