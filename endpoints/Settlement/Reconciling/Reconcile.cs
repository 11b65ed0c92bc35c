using System.Diagnostics.Metrics;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>What the comparison of the three books for a day found.</summary>
/// <param name="Date">Business date.</param>
/// <param name="Matched">How many captures and refunds of that day all books agree about.</param>
/// <param name="Differences">What they do not agree about, by order.</param>
/// <param name="NextCursor">What to give as <c>cursor</c> for the differences that follow, or null at the end.</param>
internal sealed record Reconciliation(DateOnly Date, long Matched, IReadOnlyList<Difference> Differences, string? NextCursor);

/// <summary>
/// Compares the provider's statement with the payments and with the ledger for a day. What differs is kept, logged and counted, and corrected by
/// nobody: somebody has to find out which book is right.
/// </summary>
internal sealed class Reconcile
{
    public const string MeterName = "ShopSaga.Settlement";

    private const int PageSize = 1000;
    private readonly OtherBooks _others;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly ILogger<Reconcile> _logger;
    private readonly Counter<long> _matched;
    private readonly Counter<long> _differences;

    public Reconcile(OtherBooks others, NpgsqlDataSource database, TimeProvider time, IMeterFactory meters, ILogger<Reconcile> logger)
    {
        (_others, _database, _time, _logger) = (others, database, time, logger);
        var meter = meters.Create(MeterName);
        _matched = meter.CreateCounter<long>("shopsaga.settlement.reconciliation.matched", "{fact}", "Facts that all three books agree about.");
        _differences = meter.CreateCounter<long>(
            "shopsaga.settlement.reconciliation.differences", "{fact}", "Facts that the three books do not agree about, by kind.");
    }

    /// <summary>
    /// GET /settlements/reconciliation/{date} compares now. With a cursor it gives the next differences of the comparison that gave the cursor.
    /// </summary>
    internal static async Task<Ok<Reconciliation>> OnRequest(
        string date, HttpRequest request, Page page, Reconcile reconcile, ITransactionalSession session, CancellationToken cancellationToken)
    {
        var day = Query.Date(nameof(date), date);
        var size = request.Query.ContainsKey("limit") ? page : page with { Limit = PageSize };
        var id = page.After is { } after ? await reconcile.Find(day, after, cancellationToken) : await reconcile.Run(day, session, cancellationToken);
        return TypedResults.Ok(await reconcile.Read(day, id, size, cancellationToken));
    }

    /// <summary>Compares, publishes that the books differ if they do, and gives the number under which the result is kept.</summary>
    public async Task<long> Run(DateOnly date, ITransactionalSession session, CancellationToken cancellationToken)
    {
        var (matched, differences) = await Compare(date, cancellationToken);
        var now = _time.GetUtcNow();
        await session.Open(cancellationToken);
        var id = await Keep(session.Sql(cancellationToken), date, matched, differences, now);
        if (differences.Count > 0)
        {
            await session.Publish(new BooksDiffered(date, matched, differences.Count, now), cancellationToken);
        }

        await session.Commit(cancellationToken);
        _matched.Add(matched);
        foreach (var difference in differences)
        {
            _differences.Add(1, new KeyValuePair<string, object?>("kind", difference.Kind));
            _logger.LogError(
                LogEvents.BooksDiffer,
                "{Kind} on {Date}: order {OrderId}, payment {PaymentId}, is {ProviderAmount} at the provider, {PaymentAmount} in payments and {LedgerAmount} in the ledger",
                difference.Kind,
                date,
                difference.OrderId,
                difference.PaymentId,
                difference.ProviderAmount,
                difference.PaymentAmount,
                difference.LedgerAmount);
        }

        _logger.LogInformation(
            LogEvents.Reconciled, "The books of {Date} are compared: {Matched} facts match, {Differences} do not", date, matched, differences.Count);
        return id;
    }

    /// <summary>The provider first and the ledger last: the way of a fact that is on its way.</summary>
    private async Task<(long Matched, IReadOnlyList<Difference> Differences)> Compare(DateOnly date, CancellationToken cancellationToken)
    {
        var comparison = new Comparison();
        try
        {
            foreach (var line in await _others.OfProvider(date, cancellationToken))
            {
                comparison.Add(Book.Provider, line);
            }

            await foreach (var line in _others.OfPayments(date, cancellationToken))
            {
                comparison.Add(Book.Payments, line);
            }
        }
        catch (Exception failure) when (failure is JsonException or IOException)
        {
            throw new HttpRequestException($"A statement of {date:yyyy-MM-dd} broke off.", failure);
        }

        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        var entries = connection.QueryUnbufferedAsync<BookLine>(
            "SELECT fact, order_id, payment_id, amount FROM entries WHERE business_date = @date", new { date });
        await foreach (var line in entries.WithCancellation(cancellationToken))
        {
            comparison.Add(Book.Ledger, line);
        }

        return comparison.Result();
    }

    private static Task<long> Keep(Sql sql, DateOnly date, long matched, IReadOnlyList<Difference> differences, DateTimeOffset now) =>
        sql.QuerySingle<long>(
            """
            WITH reconciliation AS (
                INSERT INTO reconciliations (business_date, matched, differences, reconciled_at)
                VALUES (@date, @matched, @Count, @now)
                RETURNING id),
            kept AS (
                INSERT INTO differences (reconciliation_id, kind, order_id, payment_id, provider_amount, payment_amount, ledger_amount)
                SELECT reconciliation.id, found.kind, found.order_id, found.payment_id, found.provider_amount, found.payment_amount, found.ledger_amount
                FROM reconciliation, unnest(@kinds, @orders, @payments, @provider, @payment, @ledger) WITH ORDINALITY
                    AS found (kind, order_id, payment_id, provider_amount, payment_amount, ledger_amount, number)
                ORDER BY number)
            SELECT id FROM reconciliation
            """,
            new
            {
                date,
                matched,
                differences.Count,
                now,
                kinds = differences.Select(difference => difference.Kind).ToArray(),
                orders = differences.Select(difference => difference.OrderId).ToArray(),
                payments = differences.Select(difference => difference.PaymentId).ToArray(),
                provider = differences.Select(difference => difference.ProviderAmount).ToArray(),
                payment = differences.Select(difference => difference.PaymentAmount).ToArray(),
                ledger = differences.Select(difference => difference.LedgerAmount).ToArray(),
            });

    /// <summary>The comparison of a day to which a difference belongs.</summary>
    private async Task<long> Find(DateOnly date, long difference, CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
            """
            SELECT reconciliation_id
            FROM differences JOIN reconciliations ON reconciliations.id = reconciliation_id
            WHERE differences.id = @difference AND business_date = @date
            """,
            new { date, difference },
            cancellationToken: cancellationToken))
            ?? throw new InvalidRequestException("cursor", "is not a cursor that a reconciliation of that day gave.");
    }

    private async Task<Reconciliation> Read(DateOnly date, long id, Page page, CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        var matched = await connection.QuerySingleAsync<long>(
            new CommandDefinition("SELECT matched FROM reconciliations WHERE id = @id", new { id }, cancellationToken: cancellationToken));
        var differences = await connection.QueryAsync<long, Difference, (long Id, Difference Difference)>(
            new CommandDefinition(
                """
                SELECT id, kind, order_id, payment_id, provider_amount, payment_amount, ledger_amount
                FROM differences
                WHERE reconciliation_id = @id AND (@After::bigint IS NULL OR id > @After)
                ORDER BY id
                LIMIT @Fetch
                """,
                new { id, page.After, page.Fetch },
                cancellationToken: cancellationToken),
            (number, difference) => (number, difference),
            splitOn: "kind");
        var part = page.Of([.. differences], difference => difference.Id);
        return new Reconciliation(date, matched, [.. part.Items.Select(item => item.Difference)], part.NextCursor);
    }
}
