namespace ShopSaga.Settlement.Reconciling;

/// <summary>A capture or refund about which the books do not agree.</summary>
/// <param name="Kind">One of <see cref="DifferenceKind"/>.</param>
/// <param name="OrderId">The order, if the books name one.</param>
/// <param name="PaymentId">The payment, if the books name one.</param>
/// <param name="ProviderAmount">Won at the provider, negative for a refund; null when the provider does not have it.</param>
/// <param name="PaymentAmount">The same in the book of Payments.</param>
/// <param name="LedgerAmount">The same in the ledger.</param>
internal sealed record Difference(
    string Kind, long? OrderId, long? PaymentId, long? ProviderAmount, long? PaymentAmount, long? LedgerAmount);
