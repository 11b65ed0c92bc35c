using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>What applying an event to an order led to.</summary>
/// <param name="Status">The order's status now.</param>
/// <param name="ChangeNumber">The number of the status change, or null when the status stayed.</param>
/// <param name="EventToPublish">The event to publish in the same transaction, or null.</param>
/// <param name="TimeToFinal">How long an order that became final by it was open, or null.</param>
internal sealed record TransitionResult(
    OrderStatus Status, int? ChangeNumber, object? EventToPublish, TimeSpan? TimeToFinal = null);

/// <summary>An order whose row the transaction has locked.</summary>
internal sealed record LockedOrder(
    OrderStatus Status, string? Reason, long? PaymentId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Moves orders along the table of <see cref="Transitions"/>.</summary>
internal static class OrderStateMachine
{
    private const string LockOrder =
        "SELECT status, reason, payment_id, created_at, updated_at FROM orders WHERE id = @OrderId FOR UPDATE";

    private const string WriteStatus =
        """
        WITH moved AS (
            UPDATE orders
               SET status = @Status, reason = COALESCE(@Reason, reason), payment_id = COALESCE(payment_id, @PaymentId), updated_at = @now
             WHERE id = @OrderId
            RETURNING id, status, reason, payment_id)
        INSERT INTO order_changes (order_id, number, status, reason, payment_id, at)
        SELECT id, (SELECT max(number) + 1 FROM order_changes WHERE order_id = moved.id), status, reason, payment_id, @now FROM moved
        RETURNING number
        """;

    /// <summary>Locks the order until the transaction ends, records the event in its history, and writes the status that follows.</summary>
    /// <remarks>
    /// An event of Orders bears the time of the event that led to it, not the time of the decision. So an order's history reads the same in
    /// any order of arrival.
    /// </remarks>
    /// <exception cref="InvalidOperationException">There is no such order, or the table does not list the transition.</exception>
    public static async Task<TransitionResult> Apply(Sql sql, OrderEvent orderEvent, DateTimeOffset now)
    {
        var (order, history) = await LockAndRecord(sql, orderEvent, now);
        var transition = Transitions.Next(order.Status, orderEvent.Trigger, history);
        if (transition is null)
        {
            await StorePayment(sql, orderEvent, order);
            return new TransitionResult(order.Status, ChangeNumber: null, EventToPublish: null);
        }

        var (toPublish, recorded) = EventOf(transition, orderEvent);
        var change = await Write(sql, transition, orderEvent, recorded, now);
        if (!transition.Status.IsFinal())
        {
            return new TransitionResult(transition.Status, change, toPublish);
        }

        var timeToFinal = now - (order.Status is OrderStatus.PENDING ? order.CreatedAt : order.UpdatedAt);
        OrderMetrics.Final(transition.Reason?.ToString() ?? order.Reason ?? transition.Status.ToString(), timeToFinal);
        return new TransitionResult(transition.Status, change, toPublish, timeToFinal);
    }

    // One round trip, but statements of their own: under READ COMMITTED the snapshot of a statement after the lock includes what the
    // transaction that held the lock wrote. A single statement that locks and reads the history would read it as it was before the wait,
    // and two concurrent events would miss each other.
    private static async Task<(LockedOrder Order, IReadOnlySet<OrderTrigger> History)> LockAndRecord(
        Sql sql, OrderEvent orderEvent, DateTimeOffset now)
    {
        var record = orderEvent.IsRecorded ? $"{OrderHistory.Insert};" : "";
        var (order, names) = await sql.QueryBoth<LockedOrder, string>(
            $"{LockOrder}; {record} {OrderHistory.Select}", OrderHistory.RowOf(orderEvent, now));
        return (
            order ?? throw new InvalidOperationException($"Order {orderEvent.OrderId} does not exist."),
            names.Select(Enum.Parse<OrderTrigger>).ToHashSet());
    }

    private static Task<int> Write(Sql sql, Transition transition, OrderEvent orderEvent, OrderEvent? recorded, DateTimeOffset now)
    {
        var (status, reason) = (transition.Status.ToString(), transition.Reason?.ToString());
        if (recorded is null)
        {
            return sql.QuerySingle<int>(
                WriteStatus, new { Status = status, Reason = reason, orderEvent.PaymentId, now, orderEvent.OrderId });
        }

        var row = OrderHistory.RowOf(recorded, now);
        return sql.QuerySingle<int>(
            $"{WriteStatus}; {OrderHistory.Insert}",
            new
            {
                Status = status,
                Reason = reason,
                orderEvent.PaymentId,
                now,
                orderEvent.OrderId,
                row.Name,
                row.Source,
                row.At,
                row.RecordedAt,
                row.Details,
            });
    }

    // A payment that was captured after the order was cancelled: the order shows its id, and Payments refunds it. updated_at stays: how
    // long the order has been CANCELLING is measured from it.
    private static Task StorePayment(Sql sql, OrderEvent orderEvent, LockedOrder order) =>
        orderEvent.PaymentId is null || order.PaymentId is not null
            ? Task.CompletedTask
            : sql.Execute(
                "UPDATE orders SET payment_id = @PaymentId WHERE id = @OrderId", new { orderEvent.PaymentId, orderEvent.OrderId });

    /// <summary>The event that a transition leads to, as it is published and as it stands in the history.</summary>
    private static (object? ToPublish, OrderEvent? Recorded) EventOf(Transition transition, OrderEvent orderEvent)
    {
        if (transition.Status is OrderStatus.CONFIRMED)
        {
            var confirmed = new OrderConfirmed(orderEvent.OrderId, orderEvent.PaymentId!.Value, orderEvent.At);
            return (confirmed, OrderEvent.Of(confirmed));
        }

        if (transition.Reason is { } reason)
        {
            var cancelled = new OrderCancelled(orderEvent.OrderId, reason.ToString(), orderEvent.At);
            return (cancelled, OrderEvent.Of(cancelled));
        }

        return default;
    }
}
