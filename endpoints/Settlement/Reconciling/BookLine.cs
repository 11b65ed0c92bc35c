using System.Text.Json.Serialization;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>A capture or refund in a book; also the JSON form of the statement of Payments.</summary>
/// <param name="EntryType">One of <see cref="Entering.EntryType"/>.</param>
/// <param name="OrderId">The order; null where the provider's reference names none.</param>
/// <param name="PaymentId">The payment; null in the provider's book, which has no payment ids.</param>
/// <param name="Amount">Won.</param>
internal sealed record BookLine([property: JsonPropertyName("fact")] string EntryType, long? OrderId, long? PaymentId, long Amount);
