namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// What can trigger a transition of an order. All but the last two are events; their names are stored in <c>order_events</c>.
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
    CancelRequested,
    Expired,
}
