namespace ShopSaga.Hosting.Monitoring;

/// <summary>NServiceBus' format of times in headers. WireTime of infra/bus is not public, and not there in the other lane.</summary>
internal static class WireTime
{
    public const string Format = "yyyy-MM-dd HH:mm:ss:ffffff 'Z'";
}
