namespace ShopSaga.Psp.Webhooks;

internal static class WebhookSetup
{
    public static void AddWebhooks(this WebApplicationBuilder builder) => builder.Services
        .AddSingleton(WebhookSettings.From(builder.Configuration))
        .AddSingleton(_ => new HttpClient { Timeout = Timeout.InfiniteTimeSpan })
        .AddHostedService<WebhookSender>();
}
