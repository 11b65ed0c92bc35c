using System.Diagnostics.Metrics;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Contracts.Settlement;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Settlement.Reconciling;

/// <summary>
/// Compares the provider's statement, the payments and the ledger for a day. Differences are stored, logged and counted, never corrected:
/// an operator must find out which book is right.
/// </summary>
internal sealed class Reconciler
{
    public const string MeterName = "ShopSaga.Settlement";

    private const int PageSize = 1000;
    private readonly StatementsClient _statements;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly ILogger<Reconciler> _logger;
    private readonly Counter<long> _matched;
    private readonly Counter<long> _differences;

    public Reconciler(
        StatementsClient statements, NpgsqlDataSource database, TimeProvider time, IMeterFactory meters, ILogger<Reconciler> logger)
    {
        (_statements, _database, _time, _logger) = (statements, database, time, logger);
        var meter = meters.Create(MeterName);
        _matched = meter.CreateCounter<long>(
            "shopsaga.settlement.reconciliation.matched", "{entry}", "Captures and refunds about which all three books agree.");
        _differences = meter.CreateCounter<long>(
            "shopsaga.settlement.reconciliation.differences",
            "{entry}",
            "Captures and refunds about which the three books differ, by kind.");
    }

    /// <summary>
    /// GET /settlements/reconciliation/{date}: compares now, stores the result, and publishes <see cref="BooksDiffered"/> if there are
    /// differences. With a cursor it only reads: the next page of the comparison that the cursor belongs to.
    /// </summary>
    internal static async Task<Ok<Reconciliation>> Handle(
        string date,
        HttpRequest request,
        Page page,
        Reconciler reconciler,
        ITransactionalSession session,
        CancellationToken cancellationToken)
    {
        var day = Query.Date(nameof(date), date);
        var size = request.Query.ContainsKey("limit") ? page : page with { Limit = PageSize };
        var id = page.After is { } after
            ? await reconciler.Find(day, after, cancellationToken)
            : await reconciler.Reconcile(day, session, cancellationToken);
        return TypedResults.Ok(await reconciler.Read(day, id, size, cancellationToken));
    }

    /// <summary>
    /// Compares, stores the result and publishes <see cref="BooksDiffered"/> if there are differences; returns the id of the result.
    /// </summary>
    public async Task<long> Reconcile(DateOnly date, ITransactionalSession session, CancellationToken cancellationToken)
    {
        var (matched, differences) = await Compare(date, cancellationToken);
        var now = _time.GetUtcNow();
        await session.Open(cancellationToken);
        var id = await Store(session.Sql(cancellationToken), date, matched, differences, now);
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
                "{Kind} on {Date}: order {OrderId}, payment {PaymentId}, is {ProviderAmount} at the provider, {PaymentAmount} in payments, "
                + "{LedgerAmount} in the ledger",
                difference.Kind,
                date.ToIso(),
                difference.OrderId,
                difference.PaymentId,
                difference.ProviderAmount,
                difference.PaymentAmount,
                difference.LedgerAmount);
        }

        _logger.LogInformation(
            LogEvents.Reconciled,
            "Compared the books of {Date}: {Matched} lines match, {Differences} differ",
            date.ToIso(),
            matched,
            differences.Count);
        return id;
    }

    /// <summary>
    /// Reads the provider first and the ledger last, in the order in which a payment reaches them, so that each book had the most time to
    /// receive what the one before it lists. So a capture after the provider was read can be MISSING_AT_PROVIDER, ONLY_IN_PAYMENTS or
    /// ONLY_IN_LEDGER, but is never MISSING_IN_LEDGER.
    /// </summary>
    private async Task<(long Matched, IReadOnlyList<Difference> Differences)> Compare(DateOnly date, CancellationToken cancellationToken)
    {
        var comparison = new BookComparison();
        try
        {
            foreach (var line in await _statements.ReadProvider(date, cancellationToken))
            {
                comparison.Add(Book.Provider, line);
            }

            await foreach (var line in _statements.ReadPayments(date, cancellationToken))
            {
                comparison.Add(Book.Payments, line);
            }
        }
        catch (Exception failure) when (failure is JsonException or IOException)
        {
            throw new HttpRequestException($"A statement for {date:yyyy-MM-dd} ended early.", failure);
        }

        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        var entries = connection.QueryUnbufferedAsync<BookLine>(
            "SELECT fact AS entry_type, order_id, payment_id, amount FROM entries WHERE business_date = @date", new { date });
        await foreach (var line in entries.WithCancellation(cancellationToken))
        {
            comparison.Add(Book.Ledger, line);
        }

        return comparison.Result();
    }

    private static Task<long> Store(Sql sql, DateOnly date, long matched, IReadOnlyList<Difference> differences, DateTimeOffset now) =>
        sql.QuerySingle<long>(
            """
            WITH reconciliation AS (
                INSERT INTO reconciliations (business_date, matched, differences, reconciled_at)
                VALUES (@date, @matched, @Count, @now)
                RETURNING id),
            stored AS (
                INSERT INTO differences (reconciliation_id, kind, order_id, payment_id, provider_amount, payment_amount, ledger_amount)
                SELECT reconciliation.id, found.kind, found.order_id, found.payment_id,
                    found.provider_amount, found.payment_amount, found.ledger_amount
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

    /// <summary>The comparison that a difference of this day belongs to.</summary>
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
            ?? throw new InvalidRequestException("cursor", "is not a cursor of a reconciliation of that day.");
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
        var items = page.Of([.. differences], difference => difference.Id);
        return new Reconciliation(date, matched, [.. items.Items.Select(item => item.Difference)], items.NextCursor);
    }
}
