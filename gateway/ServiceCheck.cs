using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ShopSaga.Gateway;

/// <summary>An instance of a service is ready.</summary>
internal sealed class ServiceCheck(Uri[] addresses) : IHealthCheck
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(3) };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var complaints = await Task.WhenAll(addresses.Select(address => Complaint(address, cancellationToken)));
        return complaints.Contains(null) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(string.Join("; ", complaints));
    }

    private static async Task<string?> Complaint(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(address, "/health/ready"), cancellationToken);
            return answer.IsSuccessStatusCode ? null : $"{address} says {(int)answer.StatusCode}";
        }
        catch (Exception silence) when (silence is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return $"{address}: {silence.Message}";
        }
    }
}
