using ShopSaga.Web.Api;

namespace ShopSaga.Web.Live;

/// <summary>What is known of an order at a moment.</summary>
public sealed record Snapshot(Order? Order, IReadOnlyList<OrderEvent> Events, Problem? Problem)
{
    /// <summary>Whether no event of the order is missing that is bound to come.</summary>
    public bool IsComplete => Order is { } order && (order.Status == "CONFIRMED"
        ? Events.Any(item => item.Name == "StockCommitted")
        : order.Status == "CANCELLED" && Events.Any(item => item.Name == "OrderCancelled"));
}
