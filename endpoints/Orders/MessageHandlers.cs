using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Contracts.Users;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Orders.Cart;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders;

/// <summary>All handlers of Orders, and the keys that groups of their messages lock.</summary>
internal static class MessageHandlers
{
    public static void AddHandlers(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<MoveOrderHandler>();
        endpoint.AddSaga<OrderLifecycle>();
        endpoint.AddHandler<PriceListHandler>();
        endpoint.AddHandler<EmptyCartHandler>();
        endpoint.HandleInGroups(configuration, KeyOf);
    }

    /// <summary>
    /// The id of the order, product or user that a message is about. Ids of different kinds may be equal: then their messages only wait for
    /// each other.
    /// </summary>
    private static long? KeyOf(object message) => message switch
    {
        WatchOrder watch => watch.OrderId,
        OrderExpired expired => expired.OrderId,
        StockReserved reserved => reserved.OrderId,
        StockRejected rejected => rejected.OrderId,
        StockReleased released => released.OrderId,
        StockCommitted committed => committed.OrderId,
        PaymentCompleted completed => completed.OrderId,
        PaymentFailed failed => failed.OrderId,
        PaymentRefunded refunded => refunded.OrderId,
        ProductListed listed => listed.ProductId,
        ProductPriceChanged changed => changed.ProductId,
        ProductWithdrawn withdrawn => withdrawn.ProductId,
        AccountClosed closed => closed.UserId,
        _ => null,
    };
}
