namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// What can trigger a transition of an order. The names of those that are events are stored in <c>order_events</c>.
/// </summary>
internal enum OrderTrigger
{
    OrderPlaced,
    StockReserved,
    StockRejected,
    StockReleased,
    StockCommitted,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    OrderConfirmed,
    OrderCancelled,

    /// <summary>A request of the order's customer. A payment that the shop cancels arrives as <see cref="PaymentRefunded"/>.</summary>
    CancelRequested,

    /// <summary>A timeout: the order was still PENDING at its expiry.</summary>
    Expired,
}
