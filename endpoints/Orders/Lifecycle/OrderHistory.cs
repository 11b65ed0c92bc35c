using System.Text.Json;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>The events of an order, in <c>order_events</c>. It outlives the order's saga.</summary>
internal static class OrderHistory
{
    /// <summary>Adds an event, unless one of its name is there: an event that arrives again changes nothing.</summary>
    public static Task Record(Sql sql, OrderEvent orderEvent, DateTimeOffset now) => sql.Execute(
        """
        INSERT INTO order_events (order_id, name, source, at, recorded_at, details)
        VALUES (@OrderId, @Name, @Source, @At, @now, @Details::json)
        ON CONFLICT (order_id, name) DO NOTHING
        """,
        new
        {
            orderEvent.OrderId,
            Name = orderEvent.Trigger.ToString(),
            orderEvent.Source,
            orderEvent.At,
            now,
            Details = JsonSerializer.Serialize(orderEvent.Details, JsonSerializerOptions.Web),
        });

    /// <summary>Reads which events the order has had.</summary>
    public static async Task<IReadOnlySet<OrderTrigger>> Read(Sql sql, long orderId) =>
        (await sql.Query<string>("SELECT name FROM order_events WHERE order_id = @orderId", new { orderId }))
            .Select(Enum.Parse<OrderTrigger>)
            .ToHashSet();
}
