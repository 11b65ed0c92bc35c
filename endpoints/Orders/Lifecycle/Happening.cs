namespace ShopSaga.Orders.Lifecycle;

/// <summary>Everything that can happen to an order. All but the last two are events, and what its history is made of.</summary>
internal enum Happening
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
