namespace ShopSaga.Payments.Refunding;

/// <summary>Command: refund the payment.</summary>
internal sealed record RefundPayment(long PaymentId);
