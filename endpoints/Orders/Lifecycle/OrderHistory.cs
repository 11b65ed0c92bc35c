using System.Text.Json;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>The events of an order, in <c>order_events</c>.</summary>
internal static class OrderHistory
{
    /// <summary>
    /// Adds an event, a <see cref="HistoryRow"/>, unless the order has one of its name: an event that arrives again changes nothing.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO order_events (order_id, name, source, at, recorded_at, details)
        SELECT id, @Name, @Source, @At, @RecordedAt, @Details::json FROM orders WHERE id = @OrderId
        ON CONFLICT (order_id, name) DO NOTHING
        """;

    /// <summary>Reads the names of the events that an order has had.</summary>
    public const string Select = "SELECT name FROM order_events WHERE order_id = @OrderId";

    public static HistoryRow RowOf(OrderEvent orderEvent, DateTimeOffset now) => new(
        orderEvent.OrderId,
        orderEvent.Trigger.ToString(),
        orderEvent.Source,
        orderEvent.At,
        now,
        JsonSerializer.Serialize(orderEvent.Details, JsonSerializerOptions.Web));
}

/// <summary>A row of <c>order_events</c>.</summary>
internal sealed record HistoryRow(
    long OrderId, string Name, string Source, DateTimeOffset At, DateTimeOffset RecordedAt, string Details);
