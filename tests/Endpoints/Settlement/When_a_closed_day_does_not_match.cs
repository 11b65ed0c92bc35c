using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using ShopSaga.Settlement;
using ShopSaga.Settlement.Reconciling;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>Nobody asks: the schedule compares.</summary>
internal sealed class When_a_closed_day_does_not_match
{
    private const int PatienceMs = 60_000;
    private static readonly DateOnly Day = Date("2024-03-01");
    private static readonly DateTimeOffset AfterTheClose = At("2024-03-01T15:10:00Z");
    private SettableTime _time = null!;
    private LoggedEvents _log = null!;
    private ThreeBooks _books = null!;
    private HttpClient _anybody = null!;

    [SetUp]
    public async Task Open()
    {
        _time = new(At("2024-03-01T14:00:00Z"));
        _log = new();
        _books = await ThreeBooks.Open(
            new() { ["Settlement:CheckEvery"] = "00:00:00.05" },
            services => services.AddSingleton<TimeProvider>(_time).AddSingleton<ILoggerProvider>(_log));
        _anybody = _books.Settlement.Anybody();
        foreach (var book in Enum.GetValues<Book>())
        {
            await _books.Capture(book, 1, 500, Day);
        }
    }

    [TearDown]
    public async Task Close()
    {
        _anybody.Dispose();
        await _books.DisposeAsync();
    }

    [Test]
    public async Task Should_be_noticed_and_shown_until_somebody_has_put_it_right()
    {
        await LoseInTheLedger();
        _time.Now = AfterTheClose;

        AwaitHealth("Degraded");
        await using var database = new NpgsqlConnection(_books.Settlement.Database);
        Assert.That(
            await database.QueryAsync<(string, long, long)>("SELECT DISTINCT kind, order_id, provider_amount FROM differences"),
            Is.EqualTo(new[] { ("MISSING_IN_LEDGER", 2L, 700L) }));
        Assert.That(
            _log.Of(LogEvents.BooksDiffer).Single(),
            Does.StartWith($"MISSING_IN_LEDGER on 03/01/2024: order 2, payment {ThreeBooks.PaymentOf(2)}, is 700 at the provider, 700 in payments"));
        Assert.That(
            await _anybody.GetStringAsync("/metrics"),
            Does.Match("""shopsaga_settlement_reconciliation_differences\w*\{[^}]*kind="MISSING_IN_LEDGER"[^}]*\} [1-9]"""));
        Assert.That(await CustomCheck(), Is.EqualTo((true, "The books differ on 2024-03-01.")));

        await _books.Capture(Book.Ledger, 2, 700, Day);
        _time.Now += TimeSpan.FromHours(1);
        AwaitHealth("Healthy");
        Assert.That((await CustomCheck()).HasFailed, Is.False);
    }

    [Test]
    public async Task Should_be_noticed_though_the_books_matched_when_somebody_asked_before_the_close()
    {
        Assert.That((await _books.Reconcile(Day)).Differences, Is.Empty);
        await LoseInTheLedger();
        _time.Now = AfterTheClose;

        AwaitHealth("Degraded");
    }

    [Test]
    public async Task Should_be_noticed_though_another_day_cannot_be_compared()
    {
        await LoseInTheLedger();
        await _books.Capture(Book.Payments, 9, 1, Day.AddDays(-1));
        await _books.Execute(
            Book.Payments,
            $"""
            ALTER TABLE payments RENAME TO unreadable;
            CREATE VIEW payments AS
            SELECT id, order_id, amount / (completed_at >= '{Day.AddDays(-1):yyyy-MM-dd}T15:00:00Z')::int AS amount, completed_at FROM unreadable
            """);
        using var earlier = await _books.Admin.PostAsync($"/settlements/daily/{Day.AddDays(-1):yyyy-MM-dd}/close", null);
        Assert.That(() => _log.Of(LogEvents.CannotReconcile), Is.Not.Empty.After(PatienceMs, 20));
        _time.Now = AfterTheClose;

        AwaitHealth("Degraded");
    }

    [Test]
    public async Task Should_be_compared_again_too_when_it_is_open_and_was_in_the_midst_of_things()
    {
        await LoseInTheLedger();
        Assert.That((await _books.Reconcile(Day)).Differences, Has.Count.EqualTo(1));
        AwaitHealth("Degraded");

        await _books.Capture(Book.Ledger, 2, 700, Day);
        _time.Now += TimeSpan.FromHours(1);
        AwaitHealth("Healthy");
    }

    private async Task LoseInTheLedger()
    {
        await _books.Capture(Book.Provider, 2, 700, Day);
        await _books.Capture(Book.Payments, 2, 700, Day);
    }

    private void AwaitHealth(string status) => Assert.That(
        async () => (string?)(await _anybody.GetFromJsonAsync<JsonNode>("/health/ready"))!["checks"]!["reconciliation"],
        Is.EqualTo(status).After(PatienceMs, 20));

    /// <summary>What ServiceControl is told.</summary>
    private async Task<(bool HasFailed, string? Reason)> CustomCheck()
    {
        var result = await ActivatorUtilities.CreateInstance<ReconciliationCheck>(_books.Settlement.Services).PerformCheck();
        return (result.HasFailed, result.FailureReason);
    }
}
