using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Messaging;

namespace ShopSaga.Users.ClosingAccount;

internal static class OrderProgressSetup
{
    /// <summary>Registers the handler. Each message changes the row of its order and no other.</summary>
    public static void AddOrderProgress(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<OrderProgressHandler>();
        endpoint.HandleInGroups(configuration, message => message switch
        {
            OrderPlaced placed => placed.OrderId,
            OrderConfirmed confirmed => confirmed.OrderId,
            OrderCancelled cancelled => cancelled.OrderId,
            StockReleased released => released.OrderId,
            StockRejected rejected => rejected.OrderId,
            PaymentFailed failed => failed.OrderId,
            PaymentRefunded refunded => refunded.OrderId,
            _ => null,
        });
    }
}
