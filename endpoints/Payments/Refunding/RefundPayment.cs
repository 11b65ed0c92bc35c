namespace ShopSaga.Payments.Refunding;

/// <summary>Command: have the provider refund a payment that is REFUNDING.</summary>
internal sealed record RefundPayment(long PaymentId);
