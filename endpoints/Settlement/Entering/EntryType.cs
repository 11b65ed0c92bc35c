namespace ShopSaga.Settlement.Entering;

/// <summary>
/// The two types of ledger entry: column <c>fact</c> of <c>entries</c>, and member <c>fact</c> of the statement of Payments.
/// </summary>
internal static class EntryType
{
    /// <summary>Money was captured from the customer.</summary>
    public const string Capture = "CAPTURE";

    /// <summary>Captured money was refunded.</summary>
    public const string Refund = "REFUND";
}
