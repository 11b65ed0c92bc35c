using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Webhooks;

/// <summary>
/// POST /webhooks/psp: the provider says of its own accord what became of a charge or a refund; often we know already. What is news becomes
/// a message whose id is the event's, so that the inbox knows an event that comes again. The provider repeats what is not answered with 2xx.
/// </summary>
internal static class ReceiveWebhook
{
    /// <exception cref="InvalidOperationException">The secret is missing or can be guessed; the message says what to set.</exception>
    public static void AddReceiveWebhook(this WebApplicationBuilder builder)
    {
        var secret = WebhookSignature.SecretIn(builder.Configuration);
        builder.Services.AddSingleton(services => new WebhookSignature(secret, services.GetRequiredService<TimeProvider>()));
    }

    public static void MapReceiveWebhook(this WebApplication app) => app.MapPost("/webhooks/psp", Receive)
        .Describe("receiveWebhook", "The provider says what became of a charge or a refund")
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
            logger.LogWarning(LogEvents.WebhookRefused, "A webhook was not signed by the provider, or is too old");
            return Problems.Unauthenticated($"The header {WebhookSignature.Header} is missing, too old or does not fit the body.");
        }

        var webhook = JsonBody.Parse<WebhookBody>(body.ToArray());
        await session.Open(cancellationToken);
        if (await News(webhook, session.Sql(cancellationToken), logger) is { } news)
        {
            var options = new SendOptions();
            options.RouteToThisEndpoint();
            options.SetMessageId($"psp-{webhook.Id}");
            await session.Send(news, options, cancellationToken);
            await session.Commit(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    /// <summary>What the webhook says that is not known yet, as a message.</summary>
    private static async Task<object?> News(WebhookBody webhook, Sql sql, ILogger logger)
    {
        if (webhook.Data.IdempotencyKey is not { } key || await Payment.OfKey(sql, key) is not { } payment)
        {
            logger.LogWarning(
                LogEvents.WebhookUnknown, "Webhook {WebhookId} ({Type}) is of no payment of ours: {Key}", webhook.Id, webhook.Type, webhook.Data.IdempotencyKey);
            return null;
        }

        var (id, amount, at) = (webhook.Data.Id, webhook.Data.Amount, webhook.Data.ChargedAt);
        return (webhook.Type, payment.Status) switch
        {
            ("charge.succeeded", PaymentStatus.Pending or PaymentStatus.Unknown or PaymentStatus.Failed) when at is not null =>
                new ChargeReported(payment.Id, new ProviderCharge(id, "CHARGED", amount, DeclineReason: null, at)),
            ("charge.declined", PaymentStatus.Pending or PaymentStatus.Unknown) =>
                new ChargeReported(payment.Id, new ProviderCharge(id, "DECLINED", amount, webhook.Data.DeclineReason ?? PaymentFailureReason.Declined, ChargedAt: null)),
            ("refund.succeeded", PaymentStatus.Refunding) when webhook.Data.RefundedAt is { } refundedAt =>
                new RefundReported(payment.Id, new ProviderRefund(id, refundedAt)),
            _ => null,
        };
    }
}
