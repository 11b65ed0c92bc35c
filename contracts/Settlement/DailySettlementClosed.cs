namespace ShopSaga.Contracts.Settlement;

/// <summary>The books of a day are closed.</summary>
/// <param name="ReportDate">Business date.</param>
/// <param name="TotalAmount">Won, gross.</param>
/// <param name="PaymentCount">Captures of that day.</param>
public sealed record DailySettlementClosed(DateOnly ReportDate, long TotalAmount, int PaymentCount);
