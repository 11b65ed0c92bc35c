using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using ShopSaga.Hosting.Telemetry;

namespace ShopSaga.Hosting.Messaging;

/// <summary>The bus's meters and spans.</summary>
internal static class BusTelemetry
{
    private const string Source = "NServiceBus.Core";

    public static void AddBusTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureOpenTelemetryMeterProvider(
            metrics => metrics.AddMeter("NServiceBus.Core*", "NServiceBus.TransactionalSession"));
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource(Source));
        if (!builder.Configuration.HasCollector())
        {
            builder.Services.AddHostedService<TraceIds>();
        }
    }

    /// <summary>
    /// Where no spans are collected, receivers get a trace id all the same, so that the log lines of one order have one id in all services.
    /// Without a listener a message's trace would end at its receiver.
    /// </summary>
    private sealed class TraceIds : IHostedService, IDisposable
    {
        private readonly ActivityListener _listener = new()
        {
            ShouldListenTo = source => source.Name == Source,
            Sample = (ref options) =>
                options.Name == "NServiceBus.Diagnostics.ReceiveMessage"
                    ? ActivitySamplingResult.PropagationData
                    : ActivitySamplingResult.None,
        };

        public Task StartAsync(CancellationToken cancellationToken)
        {
            ActivitySource.AddActivityListener(_listener);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _listener.Dispose();
    }
}
