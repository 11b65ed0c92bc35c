namespace ShopSaga.Bus;

/// <summary>The versions of NServiceBus that this runtime is compatible with, as headers and tables carry them.</summary>
internal static class WireVersion
{
    public const string Core = "10.2.8";
    public const string Persistence = "9.0.3.0";
}
