using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting;
using ShopSaga.Settlement.Entering;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>Reads the statements of Payments and of the payment provider for a business date.</summary>
internal sealed class StatementsClient(HttpClient payments, HttpClient provider)
{
    // Below the minute after which the gateway gives up (Timeouts:Service): the caller gets a 503 that says why.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(50);

    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to set.</exception>
    public static StatementsClient From(IConfiguration configuration) => new(
        Client(configuration.RequiredAddress("Payments:Address"), configuration.Required("Payments:Key")),
        Client(configuration.RequiredAddress("Provider:Address"), configuration.Required("Provider:ApiKey")));

    /// <summary>The statement of Payments, read while it arrives: a day may have millions of lines.</summary>
    public async IAsyncEnumerable<BookLine> ReadPayments(DateOnly date, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = payments.GetFromJsonAsAsyncEnumerable<BookLine>($"internal/statements/{date:yyyy-MM-dd}", cancellationToken);
        await foreach (var line in lines)
        {
            yield return line!;
        }
    }

    /// <summary>The statement of the provider, whose lines have no payment ids.</summary>
    public async Task<IEnumerable<BookLine>> ReadProvider(DateOnly date, CancellationToken cancellationToken)
    {
        var statement = (await provider.GetFromJsonAsync<Statement>($"statements/{date:yyyy-MM-dd}", cancellationToken))!;
        return
        [
            .. statement.Charges.Select(charge => charge.ToBookLine(EntryType.Capture)),
            .. statement.Refunds.Select(refund => refund.ToBookLine(EntryType.Refund)),
        ];
    }

    // Connections are renewed, because an address may come to mean another host.
    private static HttpClient Client(Uri address, string key) => new(
        new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        BaseAddress = address,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        Timeout = Timeout,
    };

    private sealed record Statement(IReadOnlyList<StatementLine> Charges, IReadOnlyList<StatementLine> Refunds);

    private sealed record StatementLine(string Reference, long Amount)
    {
        public BookLine ToBookLine(string entryType) => new(entryType, ChargeReference.OrderOf(Reference), PaymentId: null, Amount);
    }
}
