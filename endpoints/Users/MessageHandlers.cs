using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Users.ClosingAccount;

namespace ShopSaga.Users;

/// <summary>All handlers of Users, and the keys that groups of their messages lock.</summary>
internal static class MessageHandlers
{
    public static void AddHandlers(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<OrderProgressHandler>();
        endpoint.HandleInGroups(configuration, OrderOf);
    }

    /// <summary>The order that a message is about. Each message changes the row of its order and no other.</summary>
    private static long? OrderOf(object message) => message switch
    {
        OrderPlaced placed => placed.OrderId,
        OrderConfirmed confirmed => confirmed.OrderId,
        OrderCancelled cancelled => cancelled.OrderId,
        StockReleased released => released.OrderId,
        StockRejected rejected => rejected.OrderId,
        PaymentFailed failed => failed.OrderId,
        PaymentRefunded refunded => refunded.OrderId,
        _ => null,
    };
}
