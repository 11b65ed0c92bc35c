namespace ShopSaga.Contracts.Settlement;

/// <summary>A day's totals are fixed: its own captures and refunds, and late ones whose business date was closed before.</summary>
/// <param name="ReportDate">The day.</param>
/// <param name="TotalAmount">Won, gross: the captures that count in the day.</param>
/// <param name="PaymentCount">The number of these captures.</param>
public sealed record DailySettlementClosed(DateOnly ReportDate, long TotalAmount, int PaymentCount);
