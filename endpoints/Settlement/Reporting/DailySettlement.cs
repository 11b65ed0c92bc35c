namespace ShopSaga.Settlement.Reporting;

/// <summary>
/// The totals of a report date: its own captures and refunds, and late ones whose business date was closed before. Refunds are counted
/// apart, on the day on which they are made.
/// </summary>
internal sealed record DailySettlement(
    DateOnly ReportDate,
    long TotalAmount,
    long PaymentCount,
    long RefundAmount,
    long RefundCount,
    long NetAmount,
    string Status)
{
    public static DailySettlement Of(DateOnly date, Totals totals, bool isClosed) => new(
        date,
        totals.TotalAmount,
        totals.PaymentCount,
        totals.RefundAmount,
        totals.RefundCount,
        totals.NetAmount,
        SettlementStatus.Of(isClosed));
}
