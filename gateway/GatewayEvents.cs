namespace ShopSaga.Gateway;

/// <summary>Event ids of what the gateway logs, from 6000.</summary>
internal static class GatewayEvents
{
    public static readonly EventId RateLimited = new(6001, nameof(RateLimited));
}
