using Microsoft.Extensions.Configuration;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>
/// What a service reports to ServiceControl, from the configuration section <c>ServiceControl</c>. Each report is off unless its queue is
/// named.
/// </summary>
/// <remarks>
/// <c>Heartbeats</c>, <c>Checks</c>, <c>Metrics</c>, <c>Audit</c> and <c>SagaAudit</c> are names of queues. <c>HeartbeatEvery</c>,
/// <c>CheckEvery</c> and <c>MetricsEvery</c> are intervals; <c>OldestOutboxRecord</c> and <c>MostFailedMessages</c> are the limits beyond
/// which a check fails; <c>ErrorQueueReporter</c> is the service that checks the error queue, Orders by default. ServicePulse shows metrics
/// of the last minute in bars of a second or more, so they are sent every second.
/// </remarks>
internal sealed record ReportingSettings(
    string? Heartbeats,
    string? Checks,
    string? Metrics,
    string? Audit,
    string? SagaAudit,
    TimeSpan HeartbeatEvery,
    TimeSpan CheckEvery,
    TimeSpan MetricsEvery,
    TimeSpan OldestOutboxRecord,
    int MostFailedMessages,
    string ErrorQueueReporter)
{
    private const string Section = "ServiceControl";
    private static readonly TimeSpan MinTime = TimeSpan.FromTicks(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);

    /// <exception cref="InvalidOperationException">A setting is unknown or wrong; the message says what to set.</exception>
    public static ReportingSettings From(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var known = typeof(ReportingSettings).GetProperties().Select(property => property.Name).ToList();
        if (section.GetChildren().FirstOrDefault(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw new InvalidOperationException(
                $"Configuration '{unknown.Path}' is unknown. {Section} has {string.Join(", ", known)}.");
        }

        return new ReportingSettings(
            Queue(section, nameof(Heartbeats)),
            Queue(section, nameof(Checks)),
            Queue(section, nameof(Metrics)),
            Queue(section, nameof(Audit)),
            Queue(section, nameof(SagaAudit)),
            configuration.Time("ServiceControl:HeartbeatEvery", TimeSpan.FromSeconds(10), MinTime, MaxTime),
            configuration.Time("ServiceControl:CheckEvery", TimeSpan.FromSeconds(30), MinTime, MaxTime),
            configuration.Time("ServiceControl:MetricsEvery", TimeSpan.FromSeconds(1), MinTime, MaxTime),
            configuration.Time("ServiceControl:OldestOutboxRecord", TimeSpan.FromMinutes(1), MinTime, MaxTime),
            configuration.Number("ServiceControl:MostFailedMessages", 0, min: 0),
            section[nameof(ErrorQueueReporter)] ?? "Orders");
    }

    private static string? Queue(IConfigurationSection section, string key) => section[key] switch
    {
        null or "" => null,
        var name when name.Length > 255 || name.Any(char.IsWhiteSpace) => throw Wrong(section, key, name, "the name of a queue"),
        var name => name,
    };

    private static InvalidOperationException Wrong(IConfigurationSection section, string key, string value, string expected) => new(
        $"Configuration '{section.Path}:{key}' is '{value}'. Set {section.Path}__{key} to {expected}.");
}
