using static ShopSaga.Contracts.Orders.CancelReason;
using static ShopSaga.Orders.Lifecycle.OrderStatus;
using static ShopSaga.Orders.Lifecycle.OrderTrigger;
using CancelReason = ShopSaga.Contracts.Orders.CancelReason;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>A change of an order's status.</summary>
/// <param name="Status">The new status.</param>
/// <param name="Reason">Why the order is cancelled; only where that is decided.</param>
internal sealed record Transition(OrderStatus Status, CancelReason? Reason = null);

/// <summary>The table of transitions of an order.</summary>
internal static class Transitions
{
    /// <summary>The transition that the trigger leads to, or null where the status stays.</summary>
    /// <param name="status">The current status; null for an order that is being placed.</param>
    /// <param name="trigger">What happened.</param>
    /// <param name="history">
    /// The events in the order's history, the one at hand included if it is recorded. They may have arrived in any order.
    /// </param>
    /// <exception cref="InvalidOperationException">The table does not list the pair: a sender broke the protocol.</exception>
    public static Transition? Next(OrderStatus? status, OrderTrigger trigger, IReadOnlySet<OrderTrigger> history) =>
        (status, trigger) switch
        {
            (null, OrderPlaced) => new(PENDING),

            (PENDING, PaymentCompleted) => new(CONFIRMED),
            (PENDING, StockRejected) => Cancel(OUT_OF_STOCK, history),
            (PENDING, PaymentFailed) => Cancel(PAYMENT_DECLINED, history),
            (PENDING, Expired) => Cancel(EXPIRED, history),
            (PENDING or CONFIRMED, CancelRequested) => Cancel(CUSTOMER, history),
            (PENDING or CONFIRMED, PaymentRefunded) => Cancel(SHOP, history),
            (CANCELLING, StockRejected or StockReleased or PaymentFailed or PaymentRefunded) when IsCompensated(history) => new(CANCELLED),

            (PENDING or CONFIRMED, StockReserved or StockCommitted or StockReleased) => null,
            (CONFIRMED, PaymentCompleted or Expired) => null,

            // The provider declined, captured after all, and the second event arrived first. The refund that follows cancels the order.
            (CONFIRMED, PaymentFailed) => null,
            (CANCELLING or CANCELLED, not (OrderPlaced or OrderConfirmed or OrderCancelled)) => null,

            _ => throw new InvalidOperationException($"{trigger} cannot happen to an order that is {status?.ToString() ?? "not placed"}."),
        };

    /// <summary>Whether the order waits for no other service: it is confirmed, or cancelled and compensated.</summary>
    /// <remarks>A confirmed order can still be cancelled; it is not final again until it is compensated.</remarks>
    public static bool IsFinal(this OrderStatus status) => status is CONFIRMED or CANCELLED;

    /// <summary>The events for which an order that is not final waits.</summary>
    public static IEnumerable<string> Missing(OrderStatus status, IReadOnlySet<OrderTrigger> history)
    {
        if (status is PENDING)
        {
            yield return history.Contains(StockReserved)
                ? $"{PaymentCompleted} or {PaymentFailed}"
                : $"{StockReserved} or {StockRejected}";
        }

        if (status is CANCELLING && !history.Contains(StockReleased))
        {
            yield return $"{StockReleased}";
        }

        if (status is CANCELLING && !IsPaymentCompensated(history))
        {
            yield return $"{PaymentRefunded} or {PaymentFailed}";
        }
    }

    /// <summary>Whether the order is compensated: nothing was ever reserved, or the stock is released and the money refunded.</summary>
    private static bool IsCompensated(IReadOnlySet<OrderTrigger> history) =>
        history.Contains(StockRejected)
        || (history.Contains(StockReleased) && IsPaymentCompensated(history));

    /// <summary>Whether the shop keeps no money: it was refunded, or never captured.</summary>
    private static bool IsPaymentCompensated(IReadOnlySet<OrderTrigger> history) =>
        history.Contains(PaymentRefunded) || (history.Contains(PaymentFailed) && !history.Contains(PaymentCompleted));

    private static Transition Cancel(CancelReason reason, IReadOnlySet<OrderTrigger> history) =>
        new(IsCompensated(history) ? CANCELLED : CANCELLING, reason);
}
