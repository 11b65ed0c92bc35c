namespace ShopSaga.Payments.Webhooks;

internal static class WebhookSetup
{
    /// <exception cref="InvalidOperationException">The secret is missing or too short; the message says what to set.</exception>
    public static void AddWebhooks(this WebApplicationBuilder builder)
    {
        var secret = WebhookSignature.SecretIn(builder.Configuration);
        builder.Services.AddSingleton(services => new WebhookSignature(secret, services.GetRequiredService<TimeProvider>()));
    }
}
