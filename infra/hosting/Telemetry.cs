using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Hosting.Metrics;

namespace ShopSaga.Hosting;

/// <summary>
/// Traces and metrics leave by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to; otherwise no spans are collected. Metrics can always be read
/// at <c>/metrics</c>, and log lines of one order have one trace id in all services.
/// </summary>
internal static class Telemetry
{
    private const string BusSource = "NServiceBus.Core";
    private const string BusReceives = "NServiceBus.Diagnostics.ReceiveMessage";

    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", BusSource];

    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql", "NServiceBus.Core*",
        "NServiceBus.TransactionalSession", "ShopSaga.*",
    ];

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(_ => new MetricsCollector(Meters));
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 })
        {
            builder.Services.AddSingleton(_ => PassTracesOn());
            return;
        }

        var service = builder.Environment.ApplicationName;
        builder.Services.CollectTelemetry(telemetry => telemetry
            .ConfigureResource(resource => resource.AddService(service))
            .WithTracing(tracing => tracing.AddSource(Sources).AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter()));
    }

    /// <summary>Starts the collection, which the container ends, and lets anybody read the metrics.</summary>
    public static void UseTelemetry(this WebApplication app)
    {
        app.Services.GetService<OpenTelemetrySdk>();
        app.Services.GetService<ActivityListener>();
        var metrics = app.Services.GetRequiredService<MetricsCollector>();
        app.MapGet("/metrics", () => Results.Text(metrics.Read(), PrometheusText.ContentType)).DisableHttpMetrics().ExcludeFromDescription();
    }

    /// <summary>Without a listener a message's trace would end at its receiver. This one gives receivers an id and collects nothing.</summary>
    private static ActivityListener PassTracesOn()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == BusSource,
            Sample = (ref options) => options.Name == BusReceives ? ActivitySamplingResult.PropagationData : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>The server's span is named after the route, which ASP.NET Core does not do by itself.</summary>
    public static void UseRouteNamesInTraces(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span
            && context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            span.DisplayName = $"{context.Request.Method} {route}";
            span.SetTag("http.route", route);
        }

        return next(context);
    });
}
