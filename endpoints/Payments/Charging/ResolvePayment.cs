namespace ShopSaga.Payments.Charging;

/// <summary>Command: find out whether the payment was charged.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Ask">How many times the provider will have been asked with this one.</param>
internal sealed record ResolvePayment(long PaymentId, int Ask);
