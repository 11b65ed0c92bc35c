using System.Globalization;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// The policy that leads an order from placed to confirmed or cancelled. Each event about an order is recorded in its history and may
/// trigger a transition (<see cref="Transitions"/>), whose event is published. An order that is still PENDING at its expiry is cancelled.
/// </summary>
/// <remarks>
/// The saga remembers only which order it belongs to; everything else is in the order's history, which outlives the saga. So it completes
/// as soon as the order is final, which also discards the timeout. A later event (stock committed, a refund by the shop after days, a late
/// payment) starts it anew and finds everything that it needs.
/// </remarks>
internal sealed class OrderLifecycle(
    ExpiryPolicy expiry, StatusNotifications notifications, TimeProvider time, ILogger<OrderLifecycle> logger) :
    Saga<OrderLifecycleData>,
    IAmStartedByMessages<WatchOrder>,
    IAmStartedByMessages<StockReserved>,
    IAmStartedByMessages<StockRejected>,
    IAmStartedByMessages<StockReleased>,
    IAmStartedByMessages<StockCommitted>,
    IAmStartedByMessages<PaymentCompleted>,
    IAmStartedByMessages<PaymentFailed>,
    IAmStartedByMessages<PaymentRefunded>,
    IHandleTimeouts<OrderExpired>
{
    public async Task Handle(WatchOrder message, IMessageHandlerContext context)
    {
        // The order's events may have overtaken this message. Without an end here the saga would stay until the expiry.
        if ((await OrderStateMachine.Lock(context.Sql(), message.OrderId)).Status.IsFinal())
        {
            MarkAsComplete();
            return;
        }

        await RequestTimeout(context, message.PlacedAt + expiry.After, new OrderExpired(message.OrderId));
    }

    public Task Handle(StockReserved message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(StockRejected message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message, time.GetUtcNow()), context);

    public Task Handle(StockReleased message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(StockCommitted message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(PaymentCompleted message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(PaymentFailed message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Handle(PaymentRefunded message, IMessageHandlerContext context) => Apply(OrderEvent.Of(message), context);

    public Task Timeout(OrderExpired state, IMessageHandlerContext context) =>
        Apply(OrderEvent.Expired(state.OrderId, time.GetUtcNow()), context);

    protected override void ConfigureHowToFindSaga(SagaPropertyMapper<OrderLifecycleData> mapper) => mapper
        .MapSaga(saga => saga.OrderId)
        .ToMessage<WatchOrder>(message => Key(message.OrderId))
        .ToMessage<StockReserved>(message => Key(message.OrderId))
        .ToMessage<StockRejected>(message => Key(message.OrderId))
        .ToMessage<StockReleased>(message => Key(message.OrderId))
        .ToMessage<StockCommitted>(message => Key(message.OrderId))
        .ToMessage<PaymentCompleted>(message => Key(message.OrderId))
        .ToMessage<PaymentFailed>(message => Key(message.OrderId))
        .ToMessage<PaymentRefunded>(message => Key(message.OrderId));

    private static string Key(long orderId) => orderId.ToString(CultureInfo.InvariantCulture);

    private async Task Apply(OrderEvent orderEvent, IMessageHandlerContext context)
    {
        var result = await OrderStateMachine.Apply(context.Sql(), orderEvent, time.GetUtcNow());
        if (result.EventToPublish is { } toPublish)
        {
            await context.Publish(toPublish);
        }

        if (result.ChangeNumber is { } changeNumber)
        {
            notifications.Notify(orderEvent.OrderId, changeNumber);
            logger.LogInformation(
                LogEvents.OrderMoved, "Order {OrderId} is {Status} by {Trigger}", orderEvent.OrderId, result.Status, orderEvent.Trigger);
        }

        if (result.Status.IsFinal())
        {
            MarkAsComplete();
        }
    }
}

/// <summary>The order that a saga belongs to.</summary>
internal sealed class OrderLifecycleData : ContainSagaData
{
    /// <summary>The id as text: SQL persistence gives an integer correlation property a column of 32 bits.</summary>
    public string OrderId { get; set; } = "";
}

/// <summary>Sent by Orders to itself with every order: start to watch its time.</summary>
internal sealed record WatchOrder(long OrderId, DateTimeOffset PlacedAt);

/// <summary>The time in which an order has to be confirmed or cancelled is over.</summary>
internal sealed record OrderExpired(long OrderId);
