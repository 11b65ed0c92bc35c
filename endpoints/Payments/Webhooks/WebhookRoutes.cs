using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Webhooks;

internal static class WebhookRoutes
{
    public static void MapWebhooks(this IEndpointRouteBuilder app) => app.MapPost("/webhooks/psp", ReceiveWebhook.Handle)
        .Describe("receiveWebhook", "The provider reports the result of a charge or a refund")
        .TakesHeader(WebhookSignature.Header, "t=SECONDS,v1=HEX: the time of sending, and the HMAC-SHA256 over it, a dot and the body.")
        .Refuses(401);
}
