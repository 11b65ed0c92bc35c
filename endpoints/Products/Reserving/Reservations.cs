using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Reserving;

/// <summary>
/// The reservations' rows. A handler locks the reservation's row first and then the products' rows by ascending id, so that handlers
/// cannot deadlock.
/// </summary>
internal static class Reservations
{
    /// <summary>
    /// Inserts the order's reservation with its lines, locks their products, and gives the stock of each; null when the order has a
    /// reservation already. One round trip.
    /// </summary>
    public static async Task<IReadOnlyDictionary<long, int>?> TryInsertWithLines(Sql sql, OrderPlaced order, DateTimeOffset at)
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
            {StockRows.LockProducts}
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

    /// <summary>Inserts a tombstone for an order whose OrderPlaced has not arrived; false when the order has a reservation.</summary>
    public static async Task<bool> TryInsertTombstone(Sql sql, long orderId, ReservationTrigger trigger, DateTimeOffset at)
    {
        var status = Transitions.Next(null, trigger)!.Value;
        var inserted = await sql.Execute(
            """
            INSERT INTO reservations (order_id, state, changed_at) VALUES (@orderId, @state, @at)
            ON CONFLICT (order_id) DO NOTHING
            """,
            new { orderId, state = status.ToString(), at });
        return inserted == 1;
    }

    /// <summary>Locks the order's reservation and moves it along the table of transitions; null when nothing changes.</summary>
    /// <exception cref="InvalidOperationException">There is no reservation, or this cannot happen to it.</exception>
    public static async Task<ReservationStatus?> TryMove(Sql sql, long orderId, ReservationTrigger trigger, DateTimeOffset at)
    {
        var status = await sql.QuerySingleOrDefault<string>(
            "SELECT state FROM reservations WHERE order_id = @orderId FOR UPDATE",
            new { orderId })
            ?? throw new InvalidOperationException($"{trigger} arrived for order {orderId}, which has no reservation.");
        if (Transitions.Next(Enum.Parse<ReservationStatus>(status), trigger) is not { } next)
        {
            return null;
        }

        await sql.Execute(
            "UPDATE reservations SET state = @state, changed_at = @at WHERE order_id = @orderId",
            new { orderId, state = next.ToString(), at });
        return next;
    }
}
