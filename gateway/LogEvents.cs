namespace ShopSaga.Gateway;

/// <summary>Ids of the events that the gateway logs: 6000 to 6999.</summary>
internal static class LogEvents
{
    public static readonly EventId RateLimited = new(6001, nameof(RateLimited));
    public static readonly EventId InstanceUnhealthy = new(6002, nameof(InstanceUnhealthy));
    public static readonly EventId InstanceHealthy = new(6003, nameof(InstanceHealthy));
}
