using System.Globalization;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Orders.Following;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// An order's way from placed to confirmed or cancelled. Every event about an order is added to its history and may move its status
/// (<see cref="Transitions"/>); what Orders decides by that is published. An order that nobody settles in time expires.
/// </summary>
/// <remarks>
/// The saga remembers nothing but which order it is about: what was heard stands in the order's history, which outlives the saga. So it
/// completes as soon as the order is at rest (confirmed or cancelled), which drops the timeout as well, and any later event (stock
/// committed, a refund by the shop after days, a payment that came too late) starts it anew and finds everything it needs.
/// </remarks>
internal sealed class OrderLifecycle(ExpiryPolicy expiry, OrderSignals signals, TimeProvider time, ILogger<OrderLifecycle> logger) :
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
    public Task Handle(WatchOrder message, IMessageHandlerContext context) =>
        RequestTimeout(context, message.PlacedAt + expiry.After, new OrderExpired(message.OrderId));

    public Task Handle(StockReserved message, IMessageHandlerContext context) => Happened(Fact.Of(message), context);

    public Task Handle(StockRejected message, IMessageHandlerContext context) => Happened(Fact.Of(message, time.GetUtcNow()), context);

    public Task Handle(StockReleased message, IMessageHandlerContext context) => Happened(Fact.Of(message), context);

    public Task Handle(StockCommitted message, IMessageHandlerContext context) => Happened(Fact.Of(message), context);

    public Task Handle(PaymentCompleted message, IMessageHandlerContext context) => Happened(Fact.Of(message), context);

    public Task Handle(PaymentFailed message, IMessageHandlerContext context) => Happened(Fact.Of(message), context);

    public Task Handle(PaymentRefunded message, IMessageHandlerContext context) => Happened(Fact.Of(message), context);

    public Task Timeout(OrderExpired state, IMessageHandlerContext context) =>
        Happened(Fact.Expired(state.OrderId, time.GetUtcNow()), context);

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

    private async Task Happened(Fact fact, IMessageHandlerContext context)
    {
        var decision = await Decision.Make(context.Sql(), fact, time.GetUtcNow());
        if (decision.Announcement is { } announcement)
        {
            await context.Publish(announcement);
        }

        if (decision.Change is { } change)
        {
            signals.Send(fact.OrderId, change);
            logger.LogInformation(LogEvents.OrderMoved, "Order {OrderId} is {Status} by {Happening}", fact.OrderId, decision.Status, fact.Name);
        }

        if (decision.Status is OrderStatus.CONFIRMED or OrderStatus.CANCELLED)
        {
            MarkAsComplete();
        }
    }
}

/// <summary>Which order a saga is about. A string, since the column of an integer would have 32 bits only.</summary>
internal sealed class OrderLifecycleData : ContainSagaData
{
    public string OrderId { get; set; } = "";
}

/// <summary>Sent to ourselves with every order: it is to expire when nobody settles it in time.</summary>
internal sealed record WatchOrder(long OrderId, DateTimeOffset PlacedAt);

/// <summary>The time in which an order had to be settled is over.</summary>
internal sealed record OrderExpired(long OrderId);
