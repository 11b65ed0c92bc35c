namespace ShopSaga.Operations;

/// <summary>Ids of the events that Operations logs: 10000 to 10999.</summary>
internal static class LogEvents
{
    public static readonly EventId ReturnRequested = new(10001, nameof(ReturnRequested));
    public static readonly EventId MessagesReturned = new(10002, nameof(MessagesReturned));
    public static readonly EventId ReturnFailed = new(10003, nameof(ReturnFailed));
}
