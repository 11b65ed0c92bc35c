namespace ShopSaga.Hosting.Monitoring;

/// <summary>The endpoint that the checks inspect.</summary>
internal sealed record MonitoredEndpoint(string Name, string Broker)
{
    /// <summary>The queue for messages of all services that failed for good.</summary>
    public const string ErrorQueue = "error";
}
