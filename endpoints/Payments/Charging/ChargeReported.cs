using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Charging;

/// <summary>Event: the provider reported the result of a charge by webhook.</summary>
internal sealed record ChargeReported(long PaymentId, ProviderCharge Charge);
