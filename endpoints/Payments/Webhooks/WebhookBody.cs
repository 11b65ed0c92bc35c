using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Webhooks;

/// <summary>An event as the provider sends it.</summary>
/// <param name="Id">The event's own id; it stays the same when the event is sent again.</param>
/// <param name="Type">Such as <c>charge.succeeded</c>.</param>
/// <param name="Data">What it is about.</param>
internal sealed record WebhookBody([Text(1, 100)] string Id, string Type, WebhookData Data);

/// <summary>A charge or a refund, as the provider has it.</summary>
internal sealed record WebhookData(
    long Id,
    string? IdempotencyKey = null,
    long? Amount = null,
    string? DeclineReason = null,
    DateTimeOffset? ChargedAt = null,
    DateTimeOffset? RefundedAt = null);
