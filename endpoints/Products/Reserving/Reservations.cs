using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Reserving;

/// <summary>
/// The reservations' rows. A handler locks the reservation's row first and then the products' rows by ascending id, so that handlers
/// cannot deadlock.
/// </summary>
internal static class Reservations
{
    /// <summary>
    /// Inserts the order's reservation in the status that <paramref name="trigger"/> leads to; null when it has one already.
    /// </summary>
    public static async Task<ReservationStatus?> TryInsert(Sql sql, long orderId, ReservationTrigger trigger, DateTimeOffset at)
    {
        var status = Transitions.Next(null, trigger)!.Value;
        var inserted = await sql.Execute(
            """
            INSERT INTO reservations (order_id, state, changed_at) VALUES (@orderId, @state, @at)
            ON CONFLICT (order_id) DO NOTHING
            """,
            new { orderId, state = status.ToString(), at });
        return inserted == 1 ? status : null;
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
