namespace ShopSaga.Gateway;

/// <summary>Event ids of the gateway's log entries, from 6000.</summary>
internal static class GatewayEvents
{
    public static readonly EventId RateLimited = new(6001, nameof(RateLimited));
    public static readonly EventId InstanceUnhealthy = new(6002, nameof(InstanceUnhealthy));
    public static readonly EventId InstanceHealthy = new(6003, nameof(InstanceHealthy));
}
