using static ShopSaga.Contracts.Orders.CancelReason;
using static ShopSaga.Orders.Lifecycle.Happening;
using static ShopSaga.Orders.Lifecycle.OrderStatus;
using CancelReason = ShopSaga.Contracts.Orders.CancelReason;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>A change of an order's status.</summary>
/// <param name="Status">The new status.</param>
/// <param name="Reason">Why it is called off; only where that is decided.</param>
internal sealed record Transition(OrderStatus Status, CancelReason? Reason = null);

/// <summary>The one table of how an order's status changes.</summary>
internal static class Transitions
{
    /// <summary>The change that follows when something happens to an order, or null where nothing changes.</summary>
    /// <param name="status">Where the order stands.</param>
    /// <param name="happening">What happens.</param>
    /// <param name="history">All that ever happened to the order, this included; events may have arrived in any order.</param>
    /// <exception cref="InvalidOperationException">This cannot happen to such an order: another service broke its promise.</exception>
    public static Transition? Next(OrderStatus status, Happening happening, IReadOnlySet<Happening> history) => (status, happening) switch
    {
        (PENDING, PaymentCompleted) => new(CONFIRMED),
        (PENDING, StockRejected) => CallOff(OUT_OF_STOCK, history),
        (PENDING, PaymentFailed) => CallOff(PAYMENT_DECLINED, history),
        (PENDING, Expired) => CallOff(EXPIRED, history),
        (PENDING or CONFIRMED, CancelRequested) => CallOff(CUSTOMER, history),
        (PENDING or CONFIRMED, PaymentRefunded) => CallOff(SHOP, history),
        (CANCELLING, StockRejected or StockReleased or PaymentFailed or PaymentRefunded) when IsReversed(history) => new(CANCELLED),

        (PENDING or CONFIRMED, StockReserved or StockCommitted or StockReleased) => null,
        (CONFIRMED, PaymentCompleted or Expired) => null,
        (CANCELLING or CANCELLED, not (OrderPlaced or OrderConfirmed or OrderCancelled)) => null,

        _ => throw new InvalidOperationException($"{happening} cannot happen to an order that is {status}."),
    };

    /// <summary>Whether nobody holds anything for the order any more: nothing was ever reserved, or both stock and money are back.</summary>
    private static bool IsReversed(IReadOnlySet<Happening> history) =>
        history.Contains(StockRejected)
        || (history.Contains(StockReleased) && (history.Contains(PaymentFailed) || history.Contains(PaymentRefunded)));

    private static Transition CallOff(CancelReason reason, IReadOnlySet<Happening> history) =>
        new(IsReversed(history) ? CANCELLED : CANCELLING, reason);
}
