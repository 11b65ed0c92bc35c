namespace ShopSaga.Settlement;

/// <summary>Event ids of what Settlement logs, from 5000.</summary>
internal static class LogEvents
{
    public static readonly EventId Recorded = new(5001, nameof(Recorded));
    public static readonly EventId AlreadyRecorded = new(5002, nameof(AlreadyRecorded));
}
