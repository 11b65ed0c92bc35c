using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Payments.Statements;

/// <summary>Money that was captured (CAPTURE) or refunded (REFUND).</summary>
internal sealed record StatementLine([property: JsonPropertyName("fact")] string EntryType, long OrderId, long PaymentId, long Amount);

/// <summary>
/// GET /internal/statements/{date}: every capture and refund of a business date as Payments has them, for the reconciliation.
/// </summary>
internal static class DailyStatement
{
    internal static Ok<IAsyncEnumerable<StatementLine>> Read(string date, NpgsqlDataSource database, BusinessCalendar calendar)
    {
        var (from, until) = calendar.InstantsOf(Query.Date(nameof(date), date));
        return TypedResults.Ok(Lines(database, from, until));
    }

    private static async IAsyncEnumerable<StatementLine> Lines(
        NpgsqlDataSource database,
        DateTimeOffset from,
        DateTimeOffset until,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var lines = connection.QueryUnbufferedAsync<StatementLine>(
            """
            SELECT 'CAPTURE' AS entry_type, order_id, id AS payment_id, amount
            FROM payments
            WHERE completed_at >= @from AND completed_at < @until
            UNION ALL
            SELECT 'REFUND', order_id, payment_id, refunds.amount
            FROM refunds JOIN payments ON payments.id = payment_id
            WHERE refunded_at >= @from AND refunded_at < @until
            """,
            new { from, until });
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            yield return line;
        }
    }
}
