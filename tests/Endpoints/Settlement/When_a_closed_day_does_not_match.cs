using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using NUnit.Framework.Constraints;
using ShopSaga.Settlement;
using ShopSaga.Settlement.Reconciling;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>The schedule compares, without a request.</summary>
internal sealed class When_a_closed_day_does_not_match
{
    private const int PatienceMs = 60_000;
    private static readonly DateOnly Day = Date("2024-03-01");
    private static readonly DateTimeOffset AfterTheClose = At("2024-03-01T15:10:00Z");
    private FakeTimeProvider _time = null!;
    private ThreeBooks _books = null!;
    private HttpClient _anybody = null!;

    [SetUp]
    public async Task Open()
    {
        _time = new(At("2024-03-01T14:00:00Z"));
        _books = await ThreeBooks.Open(
            new() { ["Settlement:CheckEvery"] = FakeTime.CheckEvery.ToString() },
            services => services.AddSingleton<TimeProvider>(_time).AddFakeLogging());
        _anybody = _books.Settlement.Anonymous();
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
    public async Task Should_be_shown_until_it_is_put_right()
    {
        await LoseInTheLedger();
        _time.JumpTo(AfterTheClose);

        AwaitHealth("Degraded");
        await using var database = new NpgsqlConnection(_books.Settlement.Database);
        Assert.That(
            await database.QueryAsync<(string, long, long)>("SELECT DISTINCT kind, order_id, provider_amount FROM differences"),
            Is.EqualTo(new[] { ("MISSING_IN_LEDGER", 2L, 700L) }));
        Assert.That(
            Logged(LogEvents.BooksDiffer).Single(),
            Does.StartWith(
                $"MISSING_IN_LEDGER on 2024-03-01: order 2, payment {ThreeBooks.PaymentOf(2)}, is 700 at the provider, 700 in payments"));
        Assert.That(
            await _anybody.GetStringAsync("/metrics"),
            Does.Match("""shopsaga_settlement_reconciliation_differences\w*\{[^}]*kind="MISSING_IN_LEDGER"[^}]*\} [1-9]"""));
        Assert.That(await CustomCheck(), Is.EqualTo((true, "The books differ on 2024-03-01.")));

        await _books.Capture(Book.Ledger, 2, 700, Day);
        _time.JumpTo(_time.GetUtcNow().AddHours(1));
        AwaitHealth("Healthy");
        Assert.That((await CustomCheck()).HasFailed, Is.False);
    }

    [Test]
    public async Task Should_be_noticed_although_the_books_matched_before_the_close()
    {
        Assert.That((await _books.Reconcile(Day)).Differences, Is.Empty);
        await LoseInTheLedger();
        _time.JumpTo(AfterTheClose);

        AwaitHealth("Degraded");
    }

    [Test]
    public async Task Should_be_noticed_although_another_day_cannot_be_compared()
    {
        await LoseInTheLedger();
        await _books.Capture(Book.Payments, 9, 1, Day.AddDays(-1));
        await _books.Execute(
            Book.Payments,
            $"""
            ALTER TABLE payments RENAME TO unreadable;
            CREATE VIEW payments AS
            SELECT id, order_id, amount / (completed_at >= '{Day.AddDays(-1):yyyy-MM-dd}T15:00:00Z')::int AS amount, completed_at
            FROM unreadable
            """);
        using var earlier = await _books.Admin.PostAsync($"/settlements/daily/{Day.AddDays(-1):yyyy-MM-dd}/close", null);
        AwaitAtNextChecks(() => Logged(LogEvents.CannotReconcile), Is.Not.Empty);
        _time.JumpTo(AfterTheClose);

        AwaitHealth("Degraded");
    }

    [Test]
    public async Task Should_be_compared_again_when_it_was_compared_while_open()
    {
        await LoseInTheLedger();
        Assert.That((await _books.Reconcile(Day)).Differences, Has.Count.EqualTo(1));
        AwaitHealth("Degraded");

        await _books.Capture(Book.Ledger, 2, 700, Day);
        _time.JumpTo(_time.GetUtcNow().AddHours(1));
        AwaitHealth("Healthy");
    }

    private async Task LoseInTheLedger()
    {
        await _books.Capture(Book.Provider, 2, 700, Day);
        await _books.Capture(Book.Payments, 2, 700, Day);
    }

    private void AwaitHealth(string status) => Assert.That(
        async () =>
        {
            _time.Advance(FakeTime.CheckEvery);
            return (string?)(await _anybody.GetFromJsonAsync<JsonNode>("/health/ready"))!["checks"]!["reconciliation"];
        },
        Is.EqualTo(status).After(PatienceMs, 20));

    /// <summary>Lets the schedule look for work again and again, until the condition holds.</summary>
    private void AwaitAtNextChecks<T>(Func<T> actual, Constraint expected) => Assert.That(
        () =>
        {
            _time.Advance(FakeTime.CheckEvery);
            return actual();
        },
        new DelayedConstraint(expected, PatienceMs, 20));

    private IEnumerable<string> Logged(EventId id) =>
        _books.Settlement.Services.GetFakeLogCollector().GetSnapshot().Where(record => record.Id == id).Select(record => record.Message);

    /// <summary>The result that ServiceControl receives.</summary>
    private async Task<(bool HasFailed, string? Reason)> CustomCheck()
    {
        var result = await ActivatorUtilities.CreateInstance<ReconciliationCustomCheck>(_books.Settlement.Services).PerformCheck();
        return (result.HasFailed, result.FailureReason);
    }
}
