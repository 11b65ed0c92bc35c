using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp.Refunding;

/// <summary>A row of <c>refunds</c>.</summary>
internal sealed record Refund(
    long Id,
    string IdempotencyKey,
    long ChargeId,
    long Amount,
    string Status,
    [property: JsonIgnore] int Attempts,
    DateTimeOffset? RefundedAt,
    string Reference)
{
    /// <summary>With the reference of the charge, by which the merchant knows a refund that was not made with a key of theirs.</summary>
    public const string Columns =
        """
        id, idempotency_key, charge_id, amount, status, attempts, refunded_at,
        (SELECT reference FROM charges WHERE charges.id = refunds.charge_id) AS reference
        """;
}

internal sealed record RefundRequest([Range(1, 1_000_000_000_000_000)] long Amount) : IJsonBody<RefundRequest>;
