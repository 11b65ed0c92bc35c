using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>Something that happened to an order.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Name">What happened.</param>
/// <param name="At">When it happened, by the clock of whoever did it.</param>
/// <param name="Details">What the history shows of it.</param>
internal sealed record Fact(long OrderId, Happening Name, DateTimeOffset At, object Details)
{
    private static readonly object Nothing = new();

    /// <summary>The payment it speaks of, if any.</summary>
    public long? PaymentId { get; private init; }

    /// <summary>The service whose event it is.</summary>
    public string Source => Name switch
    {
        Happening.StockReserved or Happening.StockRejected or Happening.StockReleased or Happening.StockCommitted => "Products",
        Happening.PaymentCompleted or Happening.PaymentFailed or Happening.PaymentRefunded => "Payments",
        _ => "Orders",
    };

    /// <summary>Whether it is an event, and so belongs into the history.</summary>
    public bool IsEvent => Name is not (Happening.CancelRequested or Happening.Expired);

    public static Fact CancelRequested(long orderId, DateTimeOffset at) => new(orderId, Happening.CancelRequested, at, Nothing);

    public static Fact Expired(long orderId, DateTimeOffset at) => new(orderId, Happening.Expired, at, Nothing);

    public static Fact Of(OrderPlaced placed) =>
        new(placed.OrderId, Happening.OrderPlaced, placed.PlacedAt, new { placed.TotalAmount, placed.PaymentMethod });

    public static Fact Of(OrderConfirmed confirmed) =>
        new(confirmed.OrderId, Happening.OrderConfirmed, confirmed.ConfirmedAt, new { confirmed.PaymentId });

    public static Fact Of(OrderCancelled cancelled) =>
        new(cancelled.OrderId, Happening.OrderCancelled, cancelled.CancelledAt, new { cancelled.Reason });

    public static Fact Of(StockReserved reserved) => new(reserved.OrderId, Happening.StockReserved, reserved.ReservedAt, Nothing);

    public static Fact Of(StockRejected rejected, DateTimeOffset heardAt) =>
        new(rejected.OrderId, Happening.StockRejected, heardAt, new { rejected.Shortages });

    public static Fact Of(StockReleased released) => new(released.OrderId, Happening.StockReleased, released.ReleasedAt, Nothing);

    public static Fact Of(StockCommitted committed) => new(committed.OrderId, Happening.StockCommitted, committed.CommittedAt, Nothing);

    public static Fact Of(PaymentCompleted completed) =>
        new(completed.OrderId, Happening.PaymentCompleted, completed.CompletedAt, new { completed.PaymentId, completed.Amount })
        {
            PaymentId = completed.PaymentId,
        };

    public static Fact Of(PaymentFailed failed) => new(failed.OrderId, Happening.PaymentFailed, failed.FailedAt, new { failed.Reason });

    public static Fact Of(PaymentRefunded refunded) =>
        new(refunded.OrderId, Happening.PaymentRefunded, refunded.RefundedAt, new { refunded.PaymentId, refunded.Amount })
        {
            PaymentId = refunded.PaymentId,
        };
}
