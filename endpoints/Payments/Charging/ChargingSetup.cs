using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Charging;

internal static class ChargingSetup
{
    /// <summary>Registers the saga and the handler that charge.</summary>
    public static void AddCharging(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddSaga<PaymentPolicy>();
        endpoint.AddHandler<ChargeHandler>();
        endpoint.HandleInGroups(configuration, message => message switch
        {
            OrderPlaced placed => placed.OrderId,
            StockReserved reserved => reserved.OrderId,
            StockRejected rejected => rejected.OrderId,
            OrderCancelled cancelled => cancelled.OrderId,
            _ => null,
        });
        // They mostly wait for the provider, so many of them can be in flight.
        endpoint.HandleAlone(configuration.Number("Messaging:Concurrency", 16, min: 1), typeof(ChargeHandler), typeof(RefundHandler));
        endpoint.Recoverability().AddUnrecoverableException<ProviderRefusedException>();
        endpoint.Recoverability().AddUnrecoverableException<ChargeUnknownException>();
    }
}
