using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Charging;

/// <summary>Command, as every message that Payments sends to itself: record, or find out, what a webhook says of a charge.</summary>
internal sealed record ChargeReported(long PaymentId, ProviderCharge Charge);
