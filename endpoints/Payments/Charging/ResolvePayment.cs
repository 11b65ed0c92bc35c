namespace ShopSaga.Payments.Charging;

/// <summary>Command: find out whether the payment was charged.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Ask">The number of this question to the provider, from 1.</param>
internal sealed record ResolvePayment(long PaymentId, int Ask);
