using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Webhooks;

/// <summary>An event from the provider.</summary>
/// <param name="Id">The event's id, the same each time that the event is sent.</param>
/// <param name="Type">Such as <c>charge.succeeded</c>.</param>
/// <param name="Data">The charge or the refund.</param>
internal sealed record WebhookBody([Text(1, 100)] string Id, string Type, WebhookData Data);

/// <summary>A charge or a refund as the provider's look-ups show it.</summary>
internal sealed record WebhookData(
    long Id,
    string? IdempotencyKey = null,
    string? Reference = null,
    long? Amount = null,
    string? DeclineReason = null,
    DateTimeOffset? ChargedAt = null,
    DateTimeOffset? RefundedAt = null);
