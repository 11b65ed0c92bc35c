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

        var text = configuration["Webhooks:Delay"] ?? "00:00:03";
        return TimeSpan.TryParse(text, out var delay) && delay >= TimeSpan.Zero && delay <= TimeSpan.FromDays(1)
            ? new WebhookSettings(uri, configuration.Required("Webhooks:Secret"), delay)
            : throw new InvalidOperationException(
                $"Configuration 'Webhooks:Delay' is '{text}'. Set Webhooks__Delay to at most a day, such as 00:00:03.");
    }
}
