using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// Leads an order from placed to confirmed or cancelled. Each event about an order is recorded in its history and may trigger a transition
/// (<see cref="Transitions"/>), whose event is published. An order that is still PENDING at its expiry is cancelled.
/// </summary>
/// <remarks>
/// Not a saga: everything that a transition depends on is in the order and its history, which the transaction locks. A saga would only
/// remember the id, and be written with each event (docs/decisions/025-an-order-is-made-cheap.md).
/// </remarks>
internal sealed class MoveOrderHandler(
    ExpiryPolicy expiry, StatusNotifications notifications, TimeProvider time, ILogger<MoveOrderHandler> logger) :
    IHandleMessages<WatchOrder>,
    IHandleMessages<StockReserved>,
    IHandleMessages<StockRejected>,
    IHandleMessages<StockReleased>,
    IHandleMessages<StockCommitted>,
    IHandleMessages<PaymentCompleted>,
    IHandleMessages<PaymentFailed>,
    IHandleMessages<PaymentRefunded>
{
    /// <summary>
    /// A message that arrives before the expiry is sent again: clocks differ, and earlier versions sent it without a delay.
    /// </summary>
    public Task Handle(WatchOrder message, IMessageHandlerContext context) =>
        message.PlacedAt + expiry.After > time.GetUtcNow()
            ? context.Send(message, expiry.OptionsFor(message))
            : Apply(OrderEvent.Expired(message.OrderId, time.GetUtcNow()), context);

    public Task Handle(StockReserved message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(StockRejected message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message, time.GetUtcNow()), context);

    public Task Handle(StockReleased message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(StockCommitted message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(PaymentCompleted message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(PaymentFailed message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(PaymentRefunded message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    private async Task Apply(OrderEvent orderEvent, IMessageHandlerContext context)
    {
        var result = await OrderStateMachine.Apply(context.Sql(), orderEvent, time.GetUtcNow());
        if (result.EventToPublish is { } toPublish)
        {
            await context.Publish(toPublish);
        }

        notifications.Notify(orderEvent, result, logger);
    }
}
