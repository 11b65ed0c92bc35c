using System.Net.Http.Headers;
using ShopSaga.Hosting;

namespace ShopSaga.Payments.Provider;

/// <summary>The provider's address, the key to it, and how long to wait for an answer.</summary>
internal sealed record ProviderSettings(Uri Address, string ApiKey, TimeSpan Timeout)
{
    /// <summary>The most calls at once, since a connection carries one at a time; further calls wait for a connection.</summary>
    public const int MaxConnections = 32;

    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to set.</exception>
    public static ProviderSettings From(IConfiguration configuration)
    {
        var address = configuration.Required("Provider:Address");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException(
                $"Configuration 'Provider:Address' is '{address}'. Set Provider__Address to an address such as http://127.0.0.1:8090.");
        }

        var timeout = configuration["Provider:Timeout"] ?? "00:00:02";
        if (!TimeSpan.TryParse(timeout, out var limit) || limit <= TimeSpan.Zero || limit > TimeSpan.FromMinutes(1))
        {
            throw new InvalidOperationException(
                $"Configuration 'Provider:Timeout' is '{timeout}'. Set Provider__Timeout to at most a minute, such as 00:00:02.");
        }

        return new ProviderSettings(new Uri(uri.AbsoluteUri.TrimEnd('/') + "/"), configuration.Required("Provider:ApiKey"), limit);
    }

    public HttpClient CreateClient() =>
        new(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = MaxConnections,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // Shorter than the time-out of a call: a connection that was not made in time proves that nothing was sent.
            ConnectTimeout = Timeout / 2,
        })
        {
            BaseAddress = Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", ApiKey) },
            // PaymentProvider has the time-out.
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
}
