namespace ShopSaga.Payments.Charging;

/// <summary>Command: find out whether the payment was charged.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Ask">The number of this attempt to find out, from 1. The name is on the wire.</param>
/// <param name="Resent">In how many earlier attempts the provider knew of no charge and was sent it again, without a result.</param>
internal sealed record ResolvePayment(long PaymentId, int Ask, int Resent = 0);
