namespace ShopSaga.Contracts.Settlement;

/// <summary>The totals of a month are fixed.</summary>
/// <param name="YearMonth">yyyy-MM.</param>
/// <param name="TotalAmount">Won, gross.</param>
/// <param name="PaymentCount">Captures of that month.</param>
public sealed record MonthlySettlementClosed(string YearMonth, long TotalAmount, int PaymentCount);
