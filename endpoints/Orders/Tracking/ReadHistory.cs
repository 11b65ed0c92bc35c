using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Tracking;

/// <summary>GET /orders/{id}/history: the events of an order, oldest first.</summary>
internal static class ReadHistory
{
    internal static async Task<Results<Ok<ItemsOf<HistoryEntry>>, ProblemHttpResult>> Handle(
        long id, Caller caller, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        if (await OrderView.Find(database, id, cancellationToken) is not { } order || !caller.MaySee(order.UserId))
        {
            return Problems.NotFound();
        }

        var events = await Of([id], database, cancellationToken);
        return TypedResults.Ok(new ItemsOf<HistoryEntry>([.. events[id]], NextCursor: null));
    }

    /// <summary>The events of orders, by order, oldest first.</summary>
    internal static async Task<ILookup<long, HistoryEntry>> Of(
        long[] orderIds, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(
            new CommandDefinition(
                """
                SELECT order_id, name, at, source, recorded_at, details::text
                FROM order_events
                WHERE order_id = ANY (@orderIds)
                ORDER BY order_id, at, id
                """,
                new { orderIds },
                cancellationToken: cancellationToken));
        return rows.ToLookup(row => row.OrderId, row => row.Entry());
    }

    private sealed record Row(long OrderId, string Name, DateTimeOffset At, string Source, DateTimeOffset RecordedAt, string Details)
    {
        public HistoryEntry Entry() => new(Name, At, Source, RecordedAt)
        {
            Details = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Details)!,
        };
    }
}

/// <summary>One event of an order.</summary>
/// <param name="Name">The event.</param>
/// <param name="At">When it happened.</param>
/// <param name="Source">The service that published it.</param>
/// <param name="RecordedAt">When Orders recorded it.</param>
internal sealed record HistoryEntry(string Name, DateTimeOffset At, string Source, DateTimeOffset RecordedAt)
{
    /// <summary>Further members, by event: amounts, payment, reason, shortages.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement> Details { get; init; } = new Dictionary<string, JsonElement>();
}
