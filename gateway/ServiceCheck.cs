using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ShopSaga.Gateway;

/// <summary>Healthy when at least one instance of the service is ready.</summary>
internal sealed class ServiceCheck(Uri[] addresses) : IHealthCheck
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(3) };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = await Task.WhenAll(addresses.Select(address => ProblemOf(address, cancellationToken)));
        return problems.Contains(null) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(string.Join("; ", problems));
    }

    private static async Task<string?> ProblemOf(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri(address, "/health/ready"), cancellationToken);
            return response.IsSuccessStatusCode ? null : $"{address} says {(int)response.StatusCode}";
        }
        catch (Exception noResponse)
            when (noResponse is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return $"{address}: {noResponse.Message}";
        }
    }
}
