namespace ShopSaga.Contracts.Payments;

/// <summary>The provider took the money.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="PaymentId">The payment.</param>
/// <param name="UserId">Who paid.</param>
/// <param name="Amount">Won.</param>
/// <param name="PaymentMethod">What was charged.</param>
/// <param name="CompletedAt">UTC; the business date of the ledger entry follows from it.</param>
public sealed record PaymentCompleted(
    long OrderId,
    long PaymentId,
    long UserId,
    long Amount,
    string PaymentMethod,
    DateTimeOffset CompletedAt);
