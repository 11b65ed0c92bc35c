using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Webhooks;

/// <summary>
/// POST /webhooks/psp: the provider reports the result of a charge or a refund, which Payments often knows already. News becomes a message whose
/// id is derived from the event's id, so that the inbox ignores an event that arrives again. The provider repeats until it gets a 2xx.
/// </summary>
internal static class ReceiveWebhook
{
    /// <exception cref="InvalidOperationException">The secret is missing or too short; the message says what to set.</exception>
    public static void AddWebhooks(this WebApplicationBuilder builder)
    {
        var secret = WebhookSignature.SecretIn(builder.Configuration);
        builder.Services.AddSingleton(services => new WebhookSignature(secret, services.GetRequiredService<TimeProvider>()));
    }

    public static void MapWebhooks(this IEndpointRouteBuilder app) => app.MapPost("/webhooks/psp", Receive)
        .Describe("receiveWebhook", "The provider reports the result of a charge or a refund")
        .TakesHeader(WebhookSignature.Header, "t=SECONDS,v1=HEX: the time of sending, and the HMAC-SHA256 over it, a dot and the body.")
        .Refuses(401);

    private static async Task<Results<NoContent, ProblemHttpResult>> Receive(
        HttpRequest request,
        WebhookSignature signature,
        ITransactionalSession session,
        ILogger<WebhookSignature> logger,
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
        if (webhook.Data.IdempotencyKey is not { } key || await Payment.ReadByKey(sql, key) is not { } payment)
        {
            logger.LogWarning(
                LogEvents.WebhookUnknown, "Webhook {WebhookId} ({Type}) belongs to no payment of this shop: {Key}", webhook.Id, webhook.Type, webhook.Data.IdempotencyKey);
            return null;
        }

        var (id, amount, at) = (webhook.Data.Id, webhook.Data.Amount, webhook.Data.ChargedAt);
        return (webhook.Type, payment.Status) switch
        {
            ("charge.succeeded", PaymentStatus.PENDING or PaymentStatus.UNKNOWN or PaymentStatus.FAILED) when at is not null =>
                new ChargeReported(payment.Id, new ProviderCharge(id, "CHARGED", amount, DeclineReason: null, at)),
            ("charge.declined", PaymentStatus.PENDING or PaymentStatus.UNKNOWN) =>
                new ChargeReported(
                    payment.Id,
                    new ProviderCharge(id, "DECLINED", amount, webhook.Data.DeclineReason ?? PaymentFailureReason.Declined, ChargedAt: null)),
            ("refund.succeeded", PaymentStatus.REFUNDING) when webhook.Data.RefundedAt is { } refundedAt =>
                new RefundReported(payment.Id, new ProviderRefund(id, refundedAt)),
            _ => null,
        };
    }
}
