using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Refunding;

/// <summary>Command, as every message that Payments sends to itself: record what a webhook says of a refund.</summary>
internal sealed record RefundReported(long PaymentId, ProviderRefund Refund);
