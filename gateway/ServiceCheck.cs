using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ShopSaga.Gateway;

/// <summary>A service is ready.</summary>
internal sealed class ServiceCheck(Uri address) : IHealthCheck
{
    private static readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(3) };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(address, "/health/ready"), cancellationToken);
            return answer.IsSuccessStatusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"/health/ready says {(int)answer.StatusCode}");
        }
        catch (Exception silence) when (silence is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy(silence.Message);
        }
    }
}
