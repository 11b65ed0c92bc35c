namespace ShopSaga.Contracts.Settlement;

/// <summary>A month's totals are fixed: the sums of its days.</summary>
/// <param name="YearMonth">yyyy-MM.</param>
/// <param name="TotalAmount">Won, gross.</param>
/// <param name="PaymentCount">Captures that count in the days of the month.</param>
public sealed record MonthlySettlementClosed(string YearMonth, long TotalAmount, int PaymentCount);
