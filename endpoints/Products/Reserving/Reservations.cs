using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Reserving;

/// <summary>
/// What was decided for an order. Whoever handles one of its events takes the reservation's row first and the products' rows, by ascending
/// id, after it; so no two of them can wait for each other.
/// </summary>
internal static class Reservations
{
    public const string Reserved = "RESERVED";
    public const string Rejected = "REJECTED";
    public const string Committed = "COMMITTED";
    public const string Released = "RELEASED";

    /// <summary>Every transition there is; the same state means that the event changes nothing.</summary>
    /// <exception cref="InvalidOperationException">The event contradicts what was decided.</exception>
    public static string After(string state, object happened) => (state, happened) switch
    {
        (Reserved, OrderConfirmed) => Committed,
        (Committed or Released, OrderConfirmed) => state,
        (Reserved or Committed, OrderCancelled) => Released,
        (Rejected or Released, OrderCancelled) => state,
        (Reserved, PaymentFailed) => Released,
        (Rejected or Released, PaymentFailed) => state,
        _ => throw new InvalidOperationException($"A reservation that is {state} cannot see {happened.GetType().Name}."),
    };

    /// <summary>Makes the first decision for an order; false when there is one already.</summary>
    public static async Task<bool> TryDecide(Sql sql, long orderId, string state, DateTimeOffset at) =>
        await sql.Execute(
            """
            INSERT INTO reservations (order_id, state, changed_at) VALUES (@orderId, @state, @at)
            ON CONFLICT (order_id) DO NOTHING
            """,
            new { orderId, state, at }) == 1;

    /// <summary>Moves the order's reservation to where <paramref name="happened"/> leads; false when it changes nothing.</summary>
    /// <exception cref="InvalidOperationException">There is no reservation, or the event contradicts it.</exception>
    public static async Task<bool> TryMove(Sql sql, long orderId, object happened, DateTimeOffset at)
    {
        var state = await sql.QuerySingleOrDefault<string>(
            "SELECT state FROM reservations WHERE order_id = @orderId FOR UPDATE",
            new { orderId })
            ?? throw new InvalidOperationException($"{happened.GetType().Name} came for order {orderId}, which has no reservation.");
        var next = After(state, happened);
        if (next == state)
        {
            return false;
        }

        await Set(sql, orderId, next, at);
        return true;
    }

    public static Task Reject(Sql sql, long orderId, DateTimeOffset at) => Set(sql, orderId, Rejected, at);

    private static Task<int> Set(Sql sql, long orderId, string state, DateTimeOffset at) =>
        sql.Execute("UPDATE reservations SET state = @state, changed_at = @at WHERE order_id = @orderId", new { orderId, state, at });
}
