namespace ShopSaga.Settlement.Reporting;

/// <summary>The totals of a business month.</summary>
internal sealed record MonthlySettlement(
    string YearMonth,
    long TotalAmount,
    long PaymentCount,
    long RefundAmount,
    long RefundCount,
    long NetAmount,
    string Status)
{
    public static MonthlySettlement Of(Month month, Totals totals, bool isClosed) => new(
        month.ToString(),
        totals.TotalAmount,
        totals.PaymentCount,
        totals.RefundAmount,
        totals.RefundCount,
        totals.NetAmount,
        SettlementStatus.Of(isClosed));
}
