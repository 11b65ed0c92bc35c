namespace ShopSaga.Contracts.Payments;

/// <summary>The provider captured the money.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="PaymentId">The payment.</param>
/// <param name="UserId">The customer who paid.</param>
/// <param name="Amount">Won.</param>
/// <param name="PaymentMethod">The payment method that was charged.</param>
/// <param name="CompletedAt">UTC; the business date of the ledger entry follows from it.</param>
public sealed record PaymentCompleted(
    long OrderId,
    long PaymentId,
    long UserId,
    long Amount,
    string PaymentMethod,
    DateTimeOffset CompletedAt);
