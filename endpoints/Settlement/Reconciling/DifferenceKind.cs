namespace ShopSaga.Settlement.Reconciling;

/// <summary>How the books may disagree about a capture or refund.</summary>
internal static class DifferenceKind
{
    /// <summary>
    /// A book has it more than once: a difference for each payment id, the first with the amount at the provider. Amounts are sums.
    /// </summary>
    public const string Duplicated = "DUPLICATED";

    /// <summary>All books have it, with different amounts.</summary>
    public const string AmountDiffers = "AMOUNT_DIFFERS";

    // Two books have it.
    public const string MissingAtProvider = "MISSING_AT_PROVIDER";
    public const string MissingInPayments = "MISSING_IN_PAYMENTS";
    public const string MissingInLedger = "MISSING_IN_LEDGER";

    // One book has it.
    public const string OnlyAtProvider = "ONLY_AT_PROVIDER";
    public const string OnlyInPayments = "ONLY_IN_PAYMENTS";
    public const string OnlyInLedger = "ONLY_IN_LEDGER";
}
