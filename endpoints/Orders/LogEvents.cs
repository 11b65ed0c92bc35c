namespace ShopSaga.Orders;

/// <summary>Ids of the events that Orders logs: 3000 to 3999.</summary>
internal static class LogEvents
{
    public static readonly EventId OrderPlaced = new(3001, nameof(OrderPlaced));
    public static readonly EventId OrderMoved = new(3002, nameof(OrderMoved));
    public static readonly EventId OrderOverdue = new(3003, nameof(OrderOverdue));
    public static readonly EventId OverdueNotChecked = new(3004, nameof(OverdueNotChecked));
    public static readonly EventId OrdersLimited = new(3005, nameof(OrdersLimited));
    public static readonly EventId OrdersNotLimited = new(3006, nameof(OrdersNotLimited));
    public static readonly EventId OpenOrdersNotMeasured = new(3007, nameof(OpenOrdersNotMeasured));
    public static readonly EventId OrdersNotFollowed = new(3101, nameof(OrdersNotFollowed));
    public static readonly EventId KeysForgotten = new(3201, nameof(KeysForgotten));
    public static readonly EventId KeysNotForgotten = new(3202, nameof(KeysNotForgotten));
}
