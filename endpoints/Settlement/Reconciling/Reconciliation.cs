namespace ShopSaga.Settlement.Reconciling;

/// <summary>The result of comparing the three books for a day.</summary>
/// <param name="Date">Business date.</param>
/// <param name="Matched">The number of captures and refunds of that day about which all books agree.</param>
/// <param name="Differences">Those about which they do not agree, by order.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page of differences, or null at the end.</param>
internal sealed record Reconciliation(DateOnly Date, long Matched, IReadOnlyList<Difference> Differences, string? NextCursor);
