using System.Globalization;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>Registers the endpoint at start, and then reports regularly that it is alive.</summary>
internal sealed class Heartbeats(
    HeartbeatSettings settings, ServiceControlQueue queue, string endpointName, HostIdentity host, TimeProvider time)
{
    private const string StartupType = "ServiceControl.Plugin.Heartbeat.Messages.RegisterEndpointStartup";
    private const string HeartbeatType = "ServiceControl.Plugin.Heartbeat.Messages.EndpointHeartbeat";
    private static readonly TimeSpan RegisterAgainAfter = TimeSpan.FromMinutes(1);

    public Task Run(CancellationToken cancellationToken) => Task.WhenAll(Register(cancellationToken), Beat(cancellationToken));

    private async Task Register(CancellationToken cancellationToken)
    {
        var startup = new RegisterEndpointStartup(
            host.HostId,
            endpointName,
            time.GetUtcNow().UtcDateTime,
            new Dictionary<string, string>
            {
                ["Machine"] = host.MachineName,
                ["ProcessID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
                ["UserName"] = Environment.UserName,
                ["PathToExecutable"] = host.Program,
            },
            host.DisplayName,
            host.DisplayName);
        if (!await queue.Send(StartupType, startup, settings.TimeToLive, cancellationToken))
        {
            await Task.Delay(RegisterAgainAfter, time, cancellationToken);
            await queue.Send(StartupType, startup, settings.TimeToLive, cancellationToken);
        }
    }

    private async Task Beat(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(settings.Frequency, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var heartbeat = new EndpointHeartbeat(time.GetUtcNow().UtcDateTime, endpointName, host.HostId, host.DisplayName);
            await queue.Send(HeartbeatType, heartbeat, settings.TimeToLive, cancellationToken);
        }
    }

    private sealed record RegisterEndpointStartup(
        Guid HostId, string Endpoint, DateTime StartedAt, Dictionary<string, string> HostProperties, string HostDisplayName, string Host);

    private sealed record EndpointHeartbeat(DateTime ExecutedAt, string EndpointName, Guid HostId, string Host);
}
