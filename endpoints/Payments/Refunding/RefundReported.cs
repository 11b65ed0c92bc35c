using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Refunding;

/// <summary>Command: record a refund that a webhook reports. The name, in the past tense, is on the wire.</summary>
internal sealed record RefundReported(long PaymentId, ProviderRefund Refund);
