using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using ShopSaga.Hosting;
using ShopSaga.Settlement.Recording;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>The books of Payments and of the payment provider, as each states them for a business date.</summary>
internal sealed class OtherBooks(HttpClient payments, HttpClient provider)
{
    /// <summary>What Payments calls an order when it talks to the provider.</summary>
    private const string Reference = "order-";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(50);

    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to set.</exception>
    public static OtherBooks From(IConfiguration configuration) => new(
        Client(configuration.RequiredAddress("Payments:Address"), configuration.Required("Payments:Key")),
        Client(configuration.RequiredAddress("Provider:Address"), configuration.Required("Provider:ApiKey")));

    /// <summary>What Payments has.</summary>
    public async IAsyncEnumerable<BookLine> OfPayments(DateOnly date, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = payments.GetFromJsonAsAsyncEnumerable<BookLine>($"internal/statements/{date:yyyy-MM-dd}", cancellationToken);
        await foreach (var line in lines)
        {
            yield return line!;
        }
    }

    /// <summary>What the provider has.</summary>
    public async Task<IEnumerable<BookLine>> OfProvider(DateOnly date, CancellationToken cancellationToken)
    {
        var statement = (await provider.GetFromJsonAsync<Statement>($"statements/{date:yyyy-MM-dd}", cancellationToken))!;
        return
        [
            .. statement.Charges.Select(charge => new BookLine(Ledger.Capture, OrderOf(charge.Reference), PaymentId: null, charge.Amount)),
            .. statement.Refunds.Select(refund => new BookLine(Ledger.Refund, OrderOf(refund.Reference), PaymentId: null, refund.Amount)),
        ];
    }

    private static long? OrderOf(string reference) =>
        reference.StartsWith(Reference, StringComparison.Ordinal)
        && long.TryParse(reference.AsSpan(Reference.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var orderId)
            ? orderId
            : null;

    private static HttpClient Client(Uri address, string key) => new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        BaseAddress = address,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        Timeout = Timeout,
    };

    private sealed record Statement(IReadOnlyList<StatementLine> Charges, IReadOnlyList<StatementLine> Refunds);

    private sealed record StatementLine(string Reference, long Amount);
}
