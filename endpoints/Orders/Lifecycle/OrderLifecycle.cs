using System.Globalization;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>
/// Retired: the saga that orders had before <see cref="MoveOrderHandler"/>. It receives the timeouts of orders that were placed
/// then, and each ends with its timeout. No order gets one any more.
/// To be deleted when no installation upgrades from a release that starts it: its timeouts are all delivered then.
/// </summary>
/// <remarks>
/// The names of the class and of its data are in the database and in the timeouts' headers. A saga must have a message that starts it;
/// <see cref="OrderExpired"/> only ever arrives as a timeout, so none starts.
/// </remarks>
internal sealed class OrderLifecycle(ExpiryPolicy expiry, TimeProvider time) :
    Saga<OrderLifecycleData>,
    IAmStartedByMessages<OrderExpired>,
    IHandleTimeouts<OrderExpired>
{
    public Task Handle(OrderExpired message, IMessageHandlerContext context)
    {
        MarkAsComplete();
        return context.SendLocal(new WatchOrder(message.OrderId, time.GetUtcNow() - expiry.After));
    }

    public Task Timeout(OrderExpired state, IMessageHandlerContext context) => Handle(state, context);

    protected override void ConfigureHowToFindSaga(SagaPropertyMapper<OrderLifecycleData> mapper) => mapper
        .MapSaga(saga => saga.OrderId)
        .ToMessage<OrderExpired>(message => message.OrderId.ToString(CultureInfo.InvariantCulture));
}

/// <summary>The order that a saga belongs to.</summary>
internal sealed class OrderLifecycleData : ContainSagaData
{
    /// <summary>The id as text: SQL persistence gives an integer correlation property a column of 32 bits.</summary>
    public string OrderId { get; set; } = "";
}

/// <summary>The timeout of an order that an earlier version placed: it is to expire if it is still PENDING.</summary>
internal sealed record OrderExpired(long OrderId);
