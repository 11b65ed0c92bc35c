using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// What moves or may move an order: a trigger with its time and details. All but requests and timeouts stand in the order's history.
/// </summary>
/// <param name="OrderId">The order.</param>
/// <param name="Trigger">What happened.</param>
/// <param name="At">When, by the clock of the service that it happened in.</param>
/// <param name="Details">What the history shows of it.</param>
internal sealed record OrderEvent(long OrderId, OrderTrigger Trigger, DateTimeOffset At, object Details)
{
    private static readonly object NoDetails = new();

    /// <summary>The payment that the event is about, if any.</summary>
    public long? PaymentId { get; private init; }

    /// <summary>The service that published the event.</summary>
    public string Source => Trigger switch
    {
        OrderTrigger.StockReserved or OrderTrigger.StockRejected or OrderTrigger.StockReleased or OrderTrigger.StockCommitted => "Products",
        OrderTrigger.PaymentCompleted or OrderTrigger.PaymentFailed or OrderTrigger.PaymentRefunded => "Payments",
        _ => "Orders",
    };

    /// <summary>Whether it belongs to the history. A request and a timeout do not; the event that they lead to does.</summary>
    public bool IsRecorded => Trigger is not (OrderTrigger.CancelRequested or OrderTrigger.Expired);

    public static OrderEvent CancelRequested(long orderId, DateTimeOffset at) => new(orderId, OrderTrigger.CancelRequested, at, NoDetails);

    public static OrderEvent Expired(long orderId, DateTimeOffset at) => new(orderId, OrderTrigger.Expired, at, NoDetails);

    public static OrderEvent Of(OrderPlaced placed) =>
        new(placed.OrderId, OrderTrigger.OrderPlaced, placed.PlacedAt, new { placed.TotalAmount, placed.PaymentMethod });

    public static OrderEvent Of(OrderConfirmed confirmed) =>
        new(confirmed.OrderId, OrderTrigger.OrderConfirmed, confirmed.ConfirmedAt, new { confirmed.PaymentId });

    public static OrderEvent Of(OrderCancelled cancelled) =>
        new(cancelled.OrderId, OrderTrigger.OrderCancelled, cancelled.CancelledAt, new { cancelled.Reason });

    public static OrderEvent Of(StockReserved reserved) =>
        new(reserved.OrderId, OrderTrigger.StockReserved, reserved.ReservedAt, NoDetails);

    /// <param name="rejected">The event, which has no time of its own.</param>
    /// <param name="receivedAt">When Orders received it.</param>
    public static OrderEvent Of(StockRejected rejected, DateTimeOffset receivedAt) =>
        new(rejected.OrderId, OrderTrigger.StockRejected, receivedAt, new { rejected.Shortages });

    public static OrderEvent Of(StockReleased released) =>
        new(released.OrderId, OrderTrigger.StockReleased, released.ReleasedAt, NoDetails);

    public static OrderEvent Of(StockCommitted committed) =>
        new(committed.OrderId, OrderTrigger.StockCommitted, committed.CommittedAt, NoDetails);

    public static OrderEvent Of(PaymentCompleted completed) =>
        new(completed.OrderId, OrderTrigger.PaymentCompleted, completed.CompletedAt, new { completed.PaymentId, completed.Amount })
        {
            PaymentId = completed.PaymentId,
        };

    public static OrderEvent Of(PaymentFailed failed) =>
        new(failed.OrderId, OrderTrigger.PaymentFailed, failed.FailedAt, new { failed.Reason });

    public static OrderEvent Of(PaymentRefunded refunded) =>
        new(refunded.OrderId, OrderTrigger.PaymentRefunded, refunded.RefundedAt, new { refunded.PaymentId, refunded.Amount })
        {
            PaymentId = refunded.PaymentId,
        };
}
