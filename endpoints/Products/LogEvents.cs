namespace ShopSaga.Products;

/// <summary>Ids of the events that Products logs: 2000 to 2999.</summary>
internal static class LogEvents
{
    public static readonly EventId Listed = new(2001, nameof(Listed));
    public static readonly EventId Changed = new(2002, nameof(Changed));
    public static readonly EventId StockChanged = new(2003, nameof(StockChanged));
    public static readonly EventId Withdrawn = new(2004, nameof(Withdrawn));
    public static readonly EventId Announced = new(2005, nameof(Announced));
    public static readonly EventId Reserved = new(2101, nameof(Reserved));
    public static readonly EventId Rejected = new(2102, nameof(Rejected));
    public static readonly EventId Committed = new(2103, nameof(Committed));
    public static readonly EventId Released = new(2104, nameof(Released));
    public static readonly EventId CancelledFirst = new(2105, nameof(CancelledFirst));
    public static readonly EventId NothingToDo = new(2106, nameof(NothingToDo));
    public static readonly EventId CacheUnavailable = new(2201, nameof(CacheUnavailable));
}
