namespace ShopSaga.Payments.Charging;

/// <summary>Command: charge the payment.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Retry">How many times the provider was unavailable before.</param>
internal sealed record ChargePayment(long PaymentId, int Retry = 0);
