using System.Net;
using System.Text.Json;

namespace ShopSaga.Operations.Watching;

/// <summary>Asks an instance for its health and its metrics.</summary>
internal sealed class InstanceProbe : IDisposable
{
    private const int MaxBytes = 4 * 1024 * 1024;

    // The address that a name stood for is what is asked, so connections are not kept for long.
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        UseProxy = false,
    })
    {
        Timeout = TimeSpan.FromSeconds(4),
        MaxResponseContentBufferSize = MaxBytes,
    };

    public async Task<InstanceHealth> Health(Uri address, CancellationToken cancellationToken)
    {
        var name = address.GetLeftPart(UriPartial.Authority);
        try
        {
            using var response = await _http.GetAsync(new Uri(address, "/health/ready"), cancellationToken);
            using var report = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            var checks = report.RootElement.TryGetProperty("checks", out var all)
                ? all.EnumerateObject().ToDictionary(check => check.Name, check => check.Value.GetString() ?? "")
                : [];
            var state = !response.IsSuccessStatusCode ? InstanceState.UNHEALTHY
                : report.RootElement.GetProperty("status").GetString() == "Healthy" ? InstanceState.HEALTHY
                : InstanceState.DEGRADED;
            return new InstanceHealth(name, state, checks);
        }
        catch (Exception silent) when (IsNoAnswer(silent, cancellationToken))
        {
            return new InstanceHealth(name, InstanceState.UNREACHABLE, new Dictionary<string, string>());
        }
    }

    /// <summary>
    /// The metrics as Prometheus text; empty when the instance does not show them to us, and null when it does not answer.
    /// </summary>
    public async Task<string?> Metrics(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetStringAsync(new Uri(address, "/metrics"), cancellationToken);
        }
        catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound)
        {
            return "";
        }
        catch (Exception silent) when (IsNoAnswer(silent, cancellationToken))
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private static bool IsNoAnswer(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or JsonException or InvalidOperationException or KeyNotFoundException
        || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
