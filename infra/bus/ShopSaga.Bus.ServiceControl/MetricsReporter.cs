namespace ShopSaga.Bus.ServiceControl;

/// <summary>
/// Tells ServiceControl's monitoring where the endpoint's queue is, at start and after each interval, and what was measured: after each
/// interval, or sooner where much waits. Reports that cannot be sent are lost.
/// </summary>
internal sealed class MetricsReporter(
    MetricsSettings settings, MeasuredValues metrics, ServiceControlQueue queue, string endpointName, HostIdentity host, TimeProvider time)
{
    private const string MetadataType = "NServiceBus.Metrics.EndpointMetadataReport";
    private const int MetadataVersion = 3;
    private static readonly TimeSpan TimeToLive = TimeSpan.FromDays(7);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    public async Task Run(CancellationToken cancellationToken)
    {
        await ReportMetadata(cancellationToken);
        var reported = time.GetTimestamp();
        using var timer = new PeriodicTimer(settings.Interval < LookEvery ? settings.Interval : LookEvery, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var isTime = time.GetElapsedTime(reported) >= settings.Interval;
            foreach (var values in metrics.All)
            {
                if (isTime || values.IsDue)
                {
                    await Report(values, cancellationToken);
                }
            }

            if (isTime)
            {
                reported = time.GetTimestamp();
                await ReportMetadata(cancellationToken);
            }
        }
    }

    private Task<bool> ReportMetadata(CancellationToken cancellationToken) =>
        queue.Send(MetadataType, new EndpointMetadataReport(MetadataVersion, endpointName), NewHeaders(), TimeToLive, cancellationToken);

    private async Task Report(TaggedValues values, CancellationToken cancellationToken)
    {
        var waiting = values.Fetch();
        for (var sent = 0; sent < waiting.Length;)
        {
            var fitting = TaggedValuesV1.Fitting(waiting.AsSpan(sent));
            var body = TaggedValuesV1.Write(waiting.AsSpan(sent, fitting));
            var headers = NewHeaders();
            headers[Headers.ContentType] = TaggedValuesV1.ContentType;
            headers["NServiceBus.Metric.Type"] = values.MetricType;
            await queue.Send(body, headers, TimeToLive, cancellationToken);
            sent += fitting;
        }
    }

    private Dictionary<string, string> NewHeaders()
    {
        var headers = new Dictionary<string, string>
        {
            [Headers.OriginatingEndpoint] = endpointName,
            [Headers.OriginatingMachine] = host.MachineName,
            [Headers.OriginatingHostId] = host.HostIdText,
            [Headers.HostDisplayName] = host.DisplayName,
        };
        if (settings.InstanceId is { } instance)
        {
            headers[ServiceControlExtensions.InstanceIdHeader] = instance;
        }

        return headers;
    }

    private sealed record EndpointMetadataReport(int PluginVersion, string LocalAddress);
}
