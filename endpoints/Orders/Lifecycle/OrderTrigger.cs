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

    /// <summary>A request of the customer or an administrator.</summary>
    CancelRequested,

    /// <summary>A timeout: the order was not confirmed in time.</summary>
    Expired,
}
