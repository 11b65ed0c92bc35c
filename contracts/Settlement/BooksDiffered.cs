namespace ShopSaga.Contracts.Settlement;

/// <summary>Provider, payments and ledger were compared for a day, and do not agree.</summary>
/// <param name="ReportDate">Business date.</param>
/// <param name="Matched">Captures and refunds of that day that all three books agree about.</param>
/// <param name="Differences">How many they do not agree about.</param>
/// <param name="ComparedAt">When.</param>
public sealed record BooksDiffered(DateOnly ReportDate, long Matched, int Differences, DateTimeOffset ComparedAt);
