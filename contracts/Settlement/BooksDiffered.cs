namespace ShopSaga.Contracts.Settlement;

/// <summary>The provider, Payments and the ledger were compared for a business date, and differ.</summary>
/// <param name="ReportDate">The business date that was compared; not a report date, though the name says so.</param>
/// <param name="Matched">Captures and refunds of that date on which all three agree.</param>
/// <param name="Differences">The number of differences.</param>
/// <param name="ComparedAt">UTC.</param>
public sealed record BooksDiffered(DateOnly ReportDate, long Matched, int Differences, DateTimeOffset ComparedAt);
