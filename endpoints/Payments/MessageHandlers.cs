using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments;

/// <summary>The saga and all handlers of Payments, and the keys that groups of the saga's messages lock.</summary>
internal static class MessageHandlers
{
    public static void AddHandlers(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddSaga<PaymentPolicy>();
        endpoint.AddHandler<ChargeHandler>();
        endpoint.AddHandler<RefundHandler>();
        endpoint.HandleInGroups(configuration, OrderOf);
        // They mostly wait for the provider, so many of them can be in flight.
        endpoint.HandleAlone(configuration.Number("Messaging:Concurrency", 16, min: 1), typeof(ChargeHandler), typeof(RefundHandler));
        endpoint.Recoverability().AddUnrecoverableException<ProviderRefusedException>();
        endpoint.Recoverability().AddUnrecoverableException<ChargeUnknownException>();
    }

    private static long? OrderOf(object message) => message switch
    {
        OrderPlaced placed => placed.OrderId,
        StockReserved reserved => reserved.OrderId,
        StockRejected rejected => rejected.OrderId,
        OrderCancelled cancelled => cancelled.OrderId,
        _ => null,
    };
}
