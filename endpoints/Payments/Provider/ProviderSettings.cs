using System.Net.Http.Headers;
using ShopSaga.Hosting;

namespace ShopSaga.Payments.Provider;

/// <summary>The provider's address, the key to it, and how long to wait for an answer.</summary>
internal sealed record ProviderSettings(Uri Address, string ApiKey, TimeSpan Timeout)
{
    /// <summary>The maximum number of calls at once, since a connection carries one at a time; further calls wait for one.</summary>
    public const int MaxConnections = 32;

    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to set.</exception>
    public static ProviderSettings From(IConfiguration configuration) => new(
        configuration.RequiredAddress("Provider:Address"),
        configuration.Required("Provider:ApiKey"),
        configuration.Time("Provider:Timeout", TimeSpan.FromSeconds(2), min: TimeSpan.FromTicks(1), max: TimeSpan.FromMinutes(1)));

    public HttpClient CreateClient() =>
        new(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = MaxConnections,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // Shorter than the timeout of a call: a connection that was not made in time proves that nothing was sent.
            ConnectTimeout = Timeout / 2,
        })
        {
            BaseAddress = Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", ApiKey) },
            // PaymentProvider has the timeout.
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
}
