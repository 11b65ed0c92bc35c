using Dapper;
using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Settlement.Recording;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>The database says no, whoever asks.</summary>
internal sealed class When_somebody_changes_the_books
{
    private static readonly string[] Changes =
    [
        "UPDATE entries SET amount = amount + 1",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "UPDATE daily_settlements SET total_amount = 0",
        "DELETE FROM daily_settlements",
        "TRUNCATE daily_settlements",
        "UPDATE monthly_settlements SET total_amount = 0",
        "DELETE FROM monthly_settlements",
        "TRUNCATE monthly_settlements",
    ];

    private readonly string _role = $"test_role_{Guid.NewGuid():N}";
    private string _addressOfRole = "";
    private TestBooks _books = null!;

    [OneTimeSetUp]
    public async Task SetUp()
    {
        _books = await TestBooks.Open();
        await _books.Handle(Completed(1, 500, "2026-02-01T03:00:00Z"));
        await _books.Close("2026-02-01", "2026-02-28");
        await _books.Handle(Completed(2, 500, "2026-03-02T03:00:00Z"));

        // In production the service's role owns its tables.
        _addressOfRole = await TestServers.CreateDatabaseOfRole(_role);
        await using var database = new NpgsqlConnection(_addressOfRole);
        foreach (var (_, script) in SchemaScripts.Read(typeof(Ledger).Assembly))
        {
            await database.ExecuteAsync(script);
        }
    }

    [OneTimeTearDown]
    public async Task TearDown()
    {
        await _books.DisposeAsync();
        await TestServers.DropDatabase(_role);
        await TestServers.DropRole(_role);
    }

    [TestCaseSource(nameof(Changes))]
    public void Should_be_refused_even_the_administrator(string change) =>
        Assert.That(() => Execute(change), Throws.TypeOf<PostgresException>().With.Message.Contains("append-only"));

    [TestCaseSource(nameof(Changes))]
    public void Should_be_refused_a_session_that_claims_to_replicate(string change) => Assert.That(
        () => Execute($"SET session_replication_role = replica; {change}"),
        Throws.TypeOf<PostgresException>().With.Message.Contains("append-only"));

    [TestCase("2026-02-10", "2026-02-10", "CAPTURE", TestName = "An entry in a closed day")]
    [TestCase("2026-02-10", "2026-02-11", "ADJUSTMENT", TestName = "An adjustment in a closed day")]
    [TestCase("2026-02-10", "2026-03-02", "ADJUSTMENT", TestName = "An adjustment that is not in the next open day")]
    [TestCase("2026-03-02", "2026-03-03", "ADJUSTMENT", TestName = "An adjustment of an open day")]
    [TestCase("2026-03-02", "2026-03-01", "ADJUSTMENT", TestName = "An adjustment before its day")]
    [TestCase("2026-03-02", "2026-03-02", "ADJUSTMENT", TestName = "An adjustment of the day itself")]
    [TestCase("2026-02-10", "2026-03-01", "CAPTURE", TestName = "An adjustment that does not say so")]
    public void Should_be_refused_an_entry_where_it_does_not_count(string businessDate, string reportDate, string kind) => Assert.That(
        () => Execute(
            $"""
            INSERT INTO entries (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
            VALUES (3, 3, 'CAPTURE', '{kind}', 1, now(), '{businessDate}', '{reportDate}', now())
            """),
        Throws.TypeOf<PostgresException>().With.Property("SqlState").AnyOf("23001", "23514"));

    [TestCaseSource(nameof(Changes))]
    public async Task Should_be_refused_the_role_of_the_service(string change)
    {
        await using var database = new NpgsqlConnection(_addressOfRole);

        Assert.That(() => database.ExecuteAsync(change), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
    }

    private async Task Execute(string sql)
    {
        await using var connection = await _books.Database.Source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
