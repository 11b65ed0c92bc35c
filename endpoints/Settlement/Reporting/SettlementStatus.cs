namespace ShopSaga.Settlement.Reporting;

/// <summary>Whether the figures may still change.</summary>
internal static class SettlementStatus
{
    public const string Open = "OPEN";
    public const string Closed = "CLOSED";

    public static string Of(bool isClosed) => isClosed ? Closed : Open;
}
