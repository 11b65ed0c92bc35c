namespace ShopSaga.Orders;

/// <summary>Event ids of what Orders logs, from 3000.</summary>
internal static class LogEvents
{
    public static readonly EventId OrderPlaced = new(3001, nameof(OrderPlaced));
    public static readonly EventId OrderMoved = new(3002, nameof(OrderMoved));
}
