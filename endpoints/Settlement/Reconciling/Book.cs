namespace ShopSaga.Settlement.Reconciling;

/// <summary>The three books that must agree, in the order in which a payment reaches them.</summary>
internal enum Book
{
    Provider,
    Payments,
    Ledger,
}
