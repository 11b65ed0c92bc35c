using System.Text.Json;
using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>What a fact led to.</summary>
/// <param name="Status">Where the order stands now.</param>
/// <param name="Change">The number of the change that brought it there, or null when it stood there before.</param>
/// <param name="Announcement">The event that tells the others, to be published in the same transaction; null when there is nothing to tell.</param>
internal sealed record Decision(OrderStatus Status, int? Change, object? Announcement)
{
    /// <summary>Locks the order, adds the fact to its history, and moves it along the table of transitions.</summary>
    /// <remarks>
    /// The row is locked by a statement of its own, so that the next one sees all that others committed before: two facts that arrive at the
    /// same moment are decided one after the other, and the second knows of the first. What Orders decides happened when the fact did that
    /// led to it: so an order's history reads the same in whatever order the events arrived.
    /// </remarks>
    /// <exception cref="InvalidOperationException">There is no such order, or the fact is impossible.</exception>
    public static async Task<Decision> Make(Sql sql, Fact fact, DateTimeOffset now)
    {
        var order = await sql.QuerySingleOrDefault<LockedOrder>(
            "SELECT status, payment_id FROM orders WHERE id = @OrderId FOR UPDATE",
            new { fact.OrderId })
            ?? throw new InvalidOperationException($"{fact.Name} speaks of order {fact.OrderId}, which does not exist.");
        await Record(sql, fact, now);
        var next = Transitions.Next(order.Status, fact.Name, await History(sql, fact.OrderId));
        if (next is null)
        {
            await RememberPayment(sql, fact, order, now);
            return new Decision(order.Status, Change: null, Announcement: null);
        }

        var change = await sql.QuerySingle<int>(
            """
            WITH moved AS (
                UPDATE orders
                   SET status = @Status, reason = COALESCE(@Reason, reason), payment_id = COALESCE(payment_id, @PaymentId), updated_at = @now
                 WHERE id = @OrderId
                RETURNING id, status, reason, payment_id)
            INSERT INTO order_changes (order_id, number, status, reason, payment_id, at)
            SELECT id, (SELECT max(number) + 1 FROM order_changes WHERE order_id = moved.id), status, reason, payment_id, @now FROM moved
            RETURNING number
            """,
            new { Status = next.Status.ToString(), Reason = next.Reason?.ToString(), fact.PaymentId, now, fact.OrderId });
        return new Decision(next.Status, change, await Announce(sql, next, fact, now));
    }

    /// <summary>Adds an event to the history of its order, where it stands once however often it is heard.</summary>
    public static Task Record(Sql sql, Fact fact, DateTimeOffset now) => !fact.IsEvent ? Task.CompletedTask : sql.Execute(
        """
        INSERT INTO order_events (order_id, name, source, at, recorded_at, details)
        VALUES (@OrderId, @Name, @Source, @At, @now, @Details::json)
        ON CONFLICT (order_id, name) DO NOTHING
        """,
        new
        {
            fact.OrderId,
            Name = fact.Name.ToString(),
            fact.Source,
            fact.At,
            now,
            Details = JsonSerializer.Serialize(fact.Details, JsonSerializerOptions.Web),
        });

    private static async Task<HashSet<Happening>> History(Sql sql, long orderId) =>
        [.. (await sql.Query<string>("SELECT name FROM order_events WHERE order_id = @orderId", new { orderId })).Select(Enum.Parse<Happening>)];

    /// <summary>A payment that was taken after its order was called off: the order keeps its id, and Payments gives the money back.</summary>
    private static Task RememberPayment(Sql sql, Fact fact, LockedOrder order, DateTimeOffset now) =>
        fact.PaymentId is null || order.PaymentId is not null
            ? Task.CompletedTask
            : sql.Execute(
                "UPDATE orders SET payment_id = @PaymentId, updated_at = @now WHERE id = @OrderId",
                new { fact.PaymentId, now, fact.OrderId });

    private static async Task<object?> Announce(Sql sql, Transition transition, Fact fact, DateTimeOffset now)
    {
        if (transition.Status is OrderStatus.CONFIRMED)
        {
            var confirmed = new OrderConfirmed(fact.OrderId, fact.PaymentId!.Value, fact.At);
            await Record(sql, Fact.Of(confirmed), now);
            return confirmed;
        }

        if (transition.Reason is { } reason)
        {
            var cancelled = new OrderCancelled(fact.OrderId, reason.ToString(), fact.At);
            await Record(sql, Fact.Of(cancelled), now);
            return cancelled;
        }

        return null;
    }

    private sealed record LockedOrder(OrderStatus Status, long? PaymentId);
}
