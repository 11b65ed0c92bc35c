using ShopSaga.Hosting.Messaging;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Charging;

internal static class ChargingRegistration
{
    /// <summary>Registers the saga and the handler that charge.</summary>
    public static void AddCharging(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddSaga<PaymentPolicy>();
        endpoint.AddHandler<ChargeHandler>();
        endpoint.HandleOneMessagePerTransaction();
        // These messages mostly wait for the provider, so more of them than in other services can be in flight.
        endpoint.LimitMessageProcessingConcurrencyTo(configuration.GetValue("Messaging:Concurrency", 16));
        endpoint.Recoverability().AddUnrecoverableException<ProviderRefusedException>();
        endpoint.Recoverability().AddUnrecoverableException<ChargeUnknownException>();
    }
}
