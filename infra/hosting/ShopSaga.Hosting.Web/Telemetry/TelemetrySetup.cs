using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ShopSaga.Hosting.Telemetry;

/// <summary>
/// Traces, metrics and logs leave by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set. Without it no spans are collected. Prometheus can
/// read the metrics at <c>/metrics</c> either way.
/// </summary>
internal static class TelemetrySetup
{
    private const string MetricsPath = "/metrics";
    private static readonly string[] Sources = ["System.Net.Http", "Npgsql"];

    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql", "ShopSaga.*",
    ];

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName))
            .WithMetrics(metrics => metrics
                .AddMeter(Meters)
                .AddView(HistogramBoundaries.Of)
                // The exporter keeps an answer for 300 ms, so that a reading could miss what was measured just before it.
                .AddPrometheusExporter(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0));
        if (!builder.Configuration.HasCollector())
        {
            return;
        }

        // The default also reads and writes baggage, which nothing here uses: clients could have it sent along with every message.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        builder.Services.Configure<OpenTelemetryLoggerOptions>(logs => (logs.IncludeFormattedMessage, logs.IncludeScopes) = (true, true));
        telemetry
            .WithTracing(tracing => tracing
                .AddSource(Sources)
                .AddAspNetCoreInstrumentation(requests => requests.Filter = context => !IsPolling(context.Request.Path))
                .SetSampler(new ParentBasedSampler(new PollingSampler())))
            .UseOtlpExporter();
    }

    /// <summary>Whether spans are collected.</summary>
    public static bool HasCollector(this IConfiguration configuration) => configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 };

    public static void MapMetrics(this WebApplication app) =>
        app.MapPrometheusScrapingEndpoint(MetricsPath).DisableHttpMetrics().WithMetadata(new HttpMethodMetadata([HttpMethods.Get]));

    private static bool IsPolling(PathString path) => path.StartsWithSegments("/health") || path.StartsWithSegments(MetricsPath);
}
