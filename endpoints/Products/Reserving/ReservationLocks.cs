using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Reserving;

/// <summary>
/// What a group of messages locks before the first is handled, so that two groups that share products cannot deadlock: its orders by
/// ascending id, then the products of all its orders by ascending id. The orders are locked first because only then are the lines
/// of all their reservations there to be read.
/// </summary>
internal static class ReservationLocks
{
    /// <summary>The order that a message is about; null for one that is about none.</summary>
    public static long? OrderOf(object message) => message switch
    {
        OrderPlaced placed => placed.OrderId,
        OrderConfirmed confirmed => confirmed.OrderId,
        OrderCancelled cancelled => cancelled.OrderId,
        PaymentFailed failed => failed.OrderId,
        _ => null,
    };

    /// <summary>Locks the products whose stock the messages may change. A confirmation changes none.</summary>
    public static async Task LockProducts(Sql sql, IReadOnlyList<object> messages)
    {
        var lines = messages.OfType<OrderPlaced>().SelectMany(placed => placed.Lines);
        var products = lines.Select(line => line.ProductId).Distinct().ToArray();
        var orders = messages.Where(message => message is OrderCancelled or PaymentFailed).Select(OrderOf).OfType<long>().ToArray();
        if (products.Length + orders.Length > 0)
        {
            await sql.Execute(
                """
                SELECT id FROM products
                WHERE id = ANY(@products) OR id = ANY(ARRAY(SELECT product_id FROM reservation_lines WHERE order_id = ANY(@orders)))
                ORDER BY id
                FOR NO KEY UPDATE
                """,
                new { products, orders });
        }
    }
}
