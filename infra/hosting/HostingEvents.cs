using Microsoft.Extensions.Logging;

namespace ShopSaga.Hosting;

/// <summary>Event ids of what every service logs, from 9000.</summary>
internal static class HostingEvents
{
    public static readonly EventId SchemaScriptApplied = new(9001, nameof(SchemaScriptApplied));
    public static readonly EventId WaitingForDatabase = new(9002, nameof(WaitingForDatabase));
    public static readonly EventId CriticalError = new(9003, nameof(CriticalError));
}
