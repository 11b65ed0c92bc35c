namespace ShopSaga.Settlement.Reporting;

/// <summary>CLOSED totals never change; OPEN ones are live.</summary>
internal static class SettlementStatus
{
    public const string Open = "OPEN";
    public const string Closed = "CLOSED";

    public static string Of(bool isClosed) => isClosed ? Closed : Open;
}
