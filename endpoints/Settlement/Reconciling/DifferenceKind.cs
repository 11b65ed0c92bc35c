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

    /// <summary>Payments and the ledger have it.</summary>
    public const string MissingAtProvider = "MISSING_AT_PROVIDER";

    /// <summary>The provider and the ledger have it.</summary>
    public const string MissingInPayments = "MISSING_IN_PAYMENTS";

    /// <summary>The provider and Payments have it.</summary>
    public const string MissingInLedger = "MISSING_IN_LEDGER";

    /// <summary>Neither Payments nor the ledger has it.</summary>
    public const string OnlyAtProvider = "ONLY_AT_PROVIDER";

    /// <summary>Neither the provider nor the ledger has it.</summary>
    public const string OnlyInPayments = "ONLY_IN_PAYMENTS";

    /// <summary>Neither the provider nor Payments has it.</summary>
    public const string OnlyInLedger = "ONLY_IN_LEDGER";
}
