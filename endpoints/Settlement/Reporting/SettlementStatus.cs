namespace ShopSaga.Settlement.Reporting;

/// <summary>Whether the figures may still change.</summary>
internal static class SettlementStatus
{
    public const string Open = "OPEN";
}
