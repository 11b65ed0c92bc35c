using Microsoft.Extensions.Logging;

namespace ShopSaga.Hosting;

/// <summary>Ids of the events that every service logs: 9000 to 9999. 9003 was used once and stays unused.</summary>
internal static class LogEvents
{
    public static readonly EventId SchemaScriptApplied = new(9001, nameof(SchemaScriptApplied));
    public static readonly EventId WaitingForDatabase = new(9002, nameof(WaitingForDatabase));
    public static readonly EventId DependencyUnavailable = new(9004, nameof(DependencyUnavailable));
    public static readonly EventId RequestFailed = new(9005, nameof(RequestFailed));
    public static readonly EventId KeysNotFetched = new(9006, nameof(KeysNotFetched));
    public static readonly EventId StatementTimedOut = new(9007, nameof(StatementTimedOut));
    public static readonly EventId UndispatchedRecordsAnnounced = new(9008, nameof(UndispatchedRecordsAnnounced));
    public static readonly EventId UndispatchedRecordsWait = new(9009, nameof(UndispatchedRecordsWait));
    public static readonly EventId ErrorQueueUnread = new(9010, nameof(ErrorQueueUnread));
}
