using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp.Charging;

/// <summary>A row of <c>charges</c>.</summary>
internal sealed record Charge(
    long Id,
    string IdempotencyKey,
    string? Reference,
    long? Amount,
    string? PaymentMethod,
    string Status,
    string? DeclineReason,
    [property: JsonIgnore] int Attempts,
    DateTimeOffset? ChargedAt)
{
    public const string Columns =
        "id, idempotency_key, reference, amount, payment_method, status, decline_reason, attempts, charged_at";

    /// <summary>Whether the request has the content that the idempotency key was first used with.</summary>
    public bool Matches(ChargeRequest request) =>
        (Reference, Amount, PaymentMethod) == (request.Reference, request.Amount, request.PaymentMethod);
}

internal sealed record ChargeRequest(
    [Text(1, 100)] string Reference,
    [Range(1, 1_000_000_000_000_000)] long Amount,
    [Text(1, 40)] string PaymentMethod) : IJsonBody<ChargeRequest>;
