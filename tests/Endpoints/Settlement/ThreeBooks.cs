using System.Globalization;
using System.Net.Http.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Payments.Charging;
using ShopSaga.Settlement.Entering;
using ShopSaga.Settlement.Reconciling;
using ShopSaga.Tests.Endpoints.Psp;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>
/// The provider, Payments and Settlement as they run, each with its own database, whose constraints and triggers are dropped so that tests
/// can corrupt a book.
/// </summary>
internal sealed class ThreeBooks : IAsyncDisposable
{
    private readonly Merchant _provider;
    private readonly ServiceApp<PaymentPolicy> _payments;

    private ThreeBooks(Merchant provider, ServiceApp<PaymentPolicy> payments, ServiceApp<Ledger> settlement)
    {
        (_provider, _payments, Settlement) = (provider, payments, settlement);
        Admin = settlement.Admin();
    }

    public ServiceApp<Ledger> Settlement { get; }

    public HttpClient Admin { get; }

    public HttpClient Payments(string key) => _payments.With(key);

    public static async Task<ThreeBooks> Open(Dictionary<string, string>? settings = null, Action<IServiceCollection>? services = null)
    {
        var provider = await Merchant.Start();
        var payments = await ServiceApp<PaymentPolicy>.Start(new() { ["Provider:WebhookSecret"] = Merchant.WebhookSecret });
        var settlement = await ServiceApp<Ledger>.Start(
            settings,
            all =>
            {
                all.AddSingleton(new StatementsClient(payments.With(ServiceApp<Ledger>.InternalKey), provider.Http));
                services?.Invoke(all);
            });
        var books = new ThreeBooks(provider, payments, settlement);
        await books.Execute(
            Book.Provider,
            """
            ALTER TABLE refunds DROP CONSTRAINT refunds_charge_id_fkey, DROP CONSTRAINT refunds_pkey CASCADE,
                DROP CONSTRAINT refunds_idempotency_key_key;
            ALTER TABLE charges DROP CONSTRAINT charges_pkey CASCADE, DROP CONSTRAINT charges_idempotency_key_key;
            """);
        await books.Execute(
            Book.Payments,
            """
            ALTER TABLE refunds DROP CONSTRAINT refunds_payment_id_fkey, DROP CONSTRAINT refunds_pkey CASCADE;
            ALTER TABLE payments DROP CONSTRAINT payments_pkey CASCADE, DROP CONSTRAINT payments_order_id_key;
            """);
        await books.Execute(
            Book.Ledger,
            """
            ALTER TABLE entries DISABLE TRIGGER ALL;
            ALTER TABLE entries DROP CONSTRAINT entries_pkey, DROP CONSTRAINT entries_payment_id_fact_key;
            """);
        return books;
    }

    /// <summary>The payment of an order.</summary>
    public static long PaymentOf(long order) => order + 1_000_000;

    /// <summary>Enters a capture, at noon in Seoul, in one book.</summary>
    public Task Capture(Book book, long order, long amount, DateOnly date) => Execute(
        book,
        book switch
        {
            Book.Provider =>
                """
                INSERT INTO charges (idempotency_key, reference, amount, payment_method, status, created_at, charged_at)
                VALUES (@reference, @reference, @amount, 'CARD', 'CHARGED', @at, @at)
                """,
            Book.Payments =>
                """
                INSERT INTO payments (id, order_id, user_id, amount, payment_method, status, charge_id, completed_at, created_at)
                OVERRIDING SYSTEM VALUE
                VALUES (@payment, @order, 7, @amount, 'CARD', 'COMPLETED', @order, @at, @at)
                """,
            _ => Entry("CAPTURE"),
        },
        Values(order, amount, date));

    /// <summary>Enters a refund, at noon in Seoul, in one book.</summary>
    public Task Refund(Book book, long order, long amount, DateOnly date) => Execute(
        book,
        book switch
        {
            Book.Provider =>
                """
                INSERT INTO refunds (idempotency_key, charge_id, amount, status, created_at, refunded_at)
                SELECT 'refund-' || @order, id, @amount, 'REFUNDED', @at, @at FROM charges WHERE reference = @reference
                """,
            Book.Payments =>
                """
                INSERT INTO refunds (payment_id, amount, requested_at, refund_id, refunded_at)
                VALUES (@payment, @amount, @at, @order, @at)
                """,
            _ => Entry("REFUND"),
        },
        Values(order, amount, date));

    public async Task Execute(Book book, string sql, object? parameters = null)
    {
        await using var database = new NpgsqlConnection(AddressOf(book));
        await database.ExecuteAsync(sql, parameters);
    }

    /// <summary>Changes with any change of a book.</summary>
    public async Task<string> Checksum(Book book)
    {
        await using var database = new NpgsqlConnection(AddressOf(book));
        string[] tables = book switch
        {
            Book.Provider => ["charges", "refunds"],
            Book.Payments => ["payments", "refunds"],
            _ => ["entries"],
        };
        var sums = tables.Select(table => $"(SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) FROM {table} AS t)");
        return await database.QuerySingleAsync<string>($"SELECT concat_ws(' ', {string.Join(", ", sums)})");
    }

    public async Task<Reconciliation> Reconcile(DateOnly date, string query = "") =>
        (await Admin.GetFromJsonAsync<Reconciliation>($"/settlements/reconciliation/{date:yyyy-MM-dd}{query}"))!;

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await Settlement.DisposeAsync();
        await _payments.DisposeAsync();
        await _provider.DisposeAsync();
    }

    private static string Entry(string entryType) =>
        $"""
        INSERT INTO entries (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
        VALUES (@payment, @order, '{entryType}', '{entryType}', @amount, @at, @date, @date, @at)
        """;

    private static object Values(long order, long amount, DateOnly date) => new
    {
        order,
        payment = PaymentOf(order),
        reference = $"order-{order}",
        amount,
        date,
        at = At(date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + "T12:00:00+09:00").UtcDateTime,
    };

    private string AddressOf(Book book) => book switch
    {
        Book.Provider => _provider.Database,
        Book.Payments => _payments.Database,
        _ => Settlement.Database,
    };
}
