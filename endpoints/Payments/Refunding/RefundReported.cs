using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Refunding;

/// <summary>Event: the provider reported a refund by webhook.</summary>
internal sealed record RefundReported(long PaymentId, ProviderRefund Refund);
