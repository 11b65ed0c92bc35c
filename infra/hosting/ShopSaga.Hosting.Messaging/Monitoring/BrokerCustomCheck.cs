namespace ShopSaga.Hosting.Monitoring;

/// <summary>The broker answers, and the endpoint's queue exists.</summary>
internal sealed class BrokerCustomCheck(
    MonitoredEndpoint endpoint, ReportingSettings settings) : CustomCheck("Broker is reachable", "Messaging", settings.CheckEvery)
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        await BrokerQueue.StateOf(endpoint.Broker, endpoint.Name, cancellationToken);
        return CheckResult.Pass;
    }
}
