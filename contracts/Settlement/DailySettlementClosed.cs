namespace ShopSaga.Contracts.Settlement;

/// <summary>The totals of a business date are fixed.</summary>
/// <param name="ReportDate">Business date.</param>
/// <param name="TotalAmount">Won, gross.</param>
/// <param name="PaymentCount">Captures of that date.</param>
public sealed record DailySettlementClosed(DateOnly ReportDate, long TotalAmount, int PaymentCount);
