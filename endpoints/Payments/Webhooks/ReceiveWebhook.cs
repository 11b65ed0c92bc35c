using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using static ShopSaga.Payments.Lifecycle.PaymentStatus;

namespace ShopSaga.Payments.Webhooks;

/// <summary>
/// POST /webhooks/psp: the provider reports the result of a charge or a refund, which Payments often knows already. News becomes a message
/// whose id is derived from the event's id, so that the inbox ignores an event that arrives again. The provider repeats until it gets a
/// 2xx.
/// </summary>
internal sealed class ReceiveWebhook
{
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HttpRequest request,
        WebhookSignature signature,
        ITransactionalSession session,
        ILogger<ReceiveWebhook> logger,
        CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        if (!signature.IsOn(body.ToArray(), request.Headers[WebhookSignature.Header]))
        {
            logger.LogWarning(LogEvents.WebhookRefused, "A webhook was refused: its signature is missing, wrong or too old");
            return Problems.Unauthenticated($"The header {WebhookSignature.Header} is missing, too old or does not match the body.");
        }

        var webhook = JsonBody.Parse<WebhookBody>(body.ToArray());
        await session.Open(cancellationToken);
        if (await MessageFor(webhook, session.Sql(cancellationToken), logger) is { } message)
        {
            var options = new SendOptions();
            options.RouteToThisEndpoint();
            options.SetMessageId($"psp-{webhook.Id}");
            await session.Send(message, options, cancellationToken);
            await session.Commit(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    /// <summary>The message that passes the webhook's news on; null when there is none.</summary>
    private static async Task<object?> MessageFor(WebhookBody webhook, Sql sql, ILogger logger)
    {
        var data = webhook.Data;
        if ((await Find(sql, data.IdempotencyKey) ?? await Find(sql, data.Reference)) is not { } payment)
        {
            logger.LogWarning(
                LogEvents.WebhookUnknown,
                "Webhook {WebhookId} ({Type}) belongs to no payment of this shop: {Key}",
                webhook.Id,
                webhook.Type,
                data.IdempotencyKey ?? data.Reference);
            return null;
        }

        return webhook.Type switch
        {
            "charge.succeeded" when data.ChargedAt is { } chargedAt && payment.Status is PENDING or UNKNOWN or FAILED =>
                new ChargeReported(payment.Id, new ProviderCharge(data.Id, "CHARGED", data.Amount, DeclineReason: null, chargedAt)),
            "charge.declined" when payment.Status is PENDING or UNKNOWN or COMPLETED or REFUNDING =>
                new ChargeReported(
                    payment.Id,
                    new ProviderCharge(
                        data.Id, "DECLINED", data.Amount, data.DeclineReason ?? PaymentFailureReason.Declined, ChargedAt: null)),
            "refund.succeeded" when data.RefundedAt is { } refundedAt && payment.Status is not (FAILED or REFUNDED) =>
                new RefundReported(payment.Id, new ProviderRefund(data.Id, refundedAt, data.Amount)),
            _ => null,
        };
    }

    // A refund that was made at the provider has a key of the provider's. Its charge's reference is ours.
    private static async Task<Payment?> Find(Sql sql, string? key) => key is null ? null : await Payment.ReadByKey(sql, key);
}
