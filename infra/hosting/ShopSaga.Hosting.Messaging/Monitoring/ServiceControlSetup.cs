using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>Sets up the endpoint's reports.</summary>
internal static class ServiceControlSetup
{
    public static void AddServiceControl(this WebApplicationBuilder builder, EndpointConfiguration endpoint, string service)
    {
        var settings = ReportingSettings.From(builder.Configuration);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(
            new MonitoredEndpoint(endpoint.EndpointName, builder.Configuration.Required("ConnectionStrings:Broker")));
        if (settings.Heartbeats is { } heartbeats)
        {
            endpoint.SendHeartbeatTo(heartbeats, settings.HeartbeatEvery);
        }

        if (settings.Checks is { } checks)
        {
            endpoint.ReportCustomChecksTo(checks);
            endpoint.AddCustomCheck<DatabaseCustomCheck>();
            endpoint.AddCustomCheck<BrokerCustomCheck>();
            endpoint.AddCustomCheck<OutboxAgeCustomCheck>();
            if (service.Equals(settings.ErrorQueueReporter, StringComparison.OrdinalIgnoreCase))
            {
                endpoint.AddCustomCheck<ErrorQueueCustomCheck>();
            }
        }

        if (settings.Metrics is { } metrics)
        {
            endpoint.EnableMetrics().SendMetricDataToServiceControl(metrics, settings.MetricsEvery);
        }

        if (settings.Audit is { } audit)
        {
            endpoint.AuditProcessedMessagesTo(audit);
        }

        if (settings.SagaAudit is { } sagaAudit)
        {
            endpoint.AuditSagaStateChanges(sagaAudit);
        }
    }
}
