namespace ShopSaga.Payments.Charging;

/// <summary>Command: find out whether the payment was charged.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Ask">The number of this attempt to find out, from 1. The name is on the wire.</param>
internal sealed record ResolvePayment(long PaymentId, int Ask);
