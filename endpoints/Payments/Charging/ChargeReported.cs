using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Charging;

/// <summary>
/// Command: record a charge that a webhook reports; where it contradicts what is known, find out which holds. The name, in the past
/// tense, is on the wire.
/// </summary>
internal sealed record ChargeReported(long PaymentId, ProviderCharge Charge);
