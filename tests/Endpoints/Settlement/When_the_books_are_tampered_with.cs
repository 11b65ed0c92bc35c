using Dapper;
using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Settlement.Entering;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>The database refuses, regardless of the role.</summary>
internal sealed class When_the_books_are_tampered_with
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
        "UPDATE reconciliations SET differences = 0",
        "DELETE FROM reconciliations",
        "TRUNCATE reconciliations, differences",
        "UPDATE differences SET kind = ''",
        "DELETE FROM differences",
        "TRUNCATE differences",
    ];

    private readonly string _role = $"test_role_{Guid.NewGuid():N}";
    private readonly string _rows = $"test_rows_{Guid.NewGuid():N}";
    private string _addressOfRole = "";
    private TestBooks _books = null!;

    [OneTimeSetUp]
    public async Task SetUp()
    {
        _books = await TestBooks.Open();
        await _books.Handle(Completed(1, 500, "2026-02-01T03:00:00Z"));
        await _books.Close("2026-02-01", "2026-02-28");
        await _books.Handle(Completed(2, 500, "2026-03-02T03:00:00Z"));

        // In production one role owns the tables, and another, with which the service works, has every right to rows by default.
        _addressOfRole = await TestServers.CreateDatabaseOfRole(_role);
        await using var database = new NpgsqlConnection(_addressOfRole);
        await Execute($"CREATE ROLE {_rows} LOGIN PASSWORD '{_rows}'");
        await database.ExecuteAsync($"ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {_rows}");
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
        await TestServers.DropRole(_rows);
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
    public async Task Should_be_refused_the_owner_of_the_tables(string change)
    {
        await using var database = new NpgsqlConnection(_addressOfRole);

        Assert.That(
            () => database.ExecuteAsync(change), Throws.TypeOf<PostgresException>().With.Property("SqlState").AnyOf("42501", "23001"));
    }

    [TestCaseSource(nameof(Changes))]
    public async Task Should_not_be_a_right_of_the_role_of_the_service(string change)
    {
        await using var database = new NpgsqlConnection(AddressOfRows);

        Assert.That(() => database.ExecuteAsync(change), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
    }

    [Test]
    public async Task Should_still_let_the_role_of_the_service_enter_close_and_compare()
    {
        await using var database = new NpgsqlConnection(AddressOfRows);

        Assert.That(
            await database.ExecuteAsync(
                """
                INSERT INTO entries (payment_id, order_id, fact, kind, amount, occurred_at, business_date, report_date, recorded_at)
                VALUES (1, 1, 'CAPTURE', 'CAPTURE', 500, now(), '2026-03-02', '2026-03-02', now()) ON CONFLICT DO NOTHING;
                INSERT INTO daily_settlements VALUES ('2026-03-02', 500, 1, 0, 0, now());
                INSERT INTO monthly_settlements VALUES ('2026-03', 500, 1, 0, 0, now()) ON CONFLICT DO NOTHING;
                INSERT INTO reconciliations (business_date, matched, differences, reconciled_at) VALUES ('2026-03-02', 0, 1, now());
                INSERT INTO differences (reconciliation_id, kind) SELECT id, 'ONLY_IN_LEDGER' FROM reconciliations;
                """),
            Is.EqualTo(5));
    }

    private string AddressOfRows => new NpgsqlConnectionStringBuilder(_addressOfRole) { Username = _rows, Password = _rows }.ToString();

    private async Task Execute(string sql)
    {
        await using var connection = await _books.Database.Source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
