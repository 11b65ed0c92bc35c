namespace ShopSaga.Contracts.Payments;

/// <summary>The customer has the money back: the payment was refunded, or the provider reversed the charge.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="PaymentId">The payment.</param>
/// <param name="Amount">Won; always the whole payment.</param>
/// <param name="RefundedAt">UTC; the business date of the ledger entry follows from it.</param>
public sealed record PaymentRefunded(long OrderId, long PaymentId, long Amount, DateTimeOffset RefundedAt);
