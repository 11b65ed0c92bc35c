namespace ShopSaga.Settlement;

/// <summary>Ids of the events that Settlement logs: 5000 to 5999.</summary>
internal static class LogEvents
{
    public static readonly EventId Recorded = new(5001, nameof(Recorded));
    public static readonly EventId AlreadyRecorded = new(5002, nameof(AlreadyRecorded));
    public static readonly EventId Adjusted = new(5003, nameof(Adjusted));
    public static readonly EventId DayClosed = new(5004, nameof(DayClosed));
    public static readonly EventId MonthClosed = new(5005, nameof(MonthClosed));
    public static readonly EventId TotalsDiffer = new(5006, nameof(TotalsDiffer));
    public static readonly EventId ScheduleFailed = new(5007, nameof(ScheduleFailed));
    public static readonly EventId Reconciled = new(5008, nameof(Reconciled));
    public static readonly EventId BooksDiffer = new(5009, nameof(BooksDiffer));
    public static readonly EventId CannotReconcile = new(5010, nameof(CannotReconcile));
    public static readonly EventId EntriesBeforeBeginning = new(5011, nameof(EntriesBeforeBeginning));
}
