using ShopSaga.Hosting;

namespace ShopSaga.Psp;

/// <summary>Address of the merchant, secret that signs the webhooks, and delay after the event.</summary>
internal sealed record WebhookSettings(Uri Address, string Secret, TimeSpan Delay)
{
    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to set.</exception>
    public static WebhookSettings From(IConfiguration configuration)
    {
        var address = configuration.Required("Webhooks:Address");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException(
                $"Configuration 'Webhooks:Address' is '{address}'. Set Webhooks__Address to an address such as "
                    + "http://127.0.0.1:8080/webhooks/psp.");
        }

        return new WebhookSettings(
            uri,
            configuration.Required("Webhooks:Secret"),
            configuration.Time("Webhooks:Delay", TimeSpan.FromSeconds(3), min: TimeSpan.Zero, max: TimeSpan.FromDays(1)));
    }
}
