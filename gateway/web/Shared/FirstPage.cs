using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ShopSaga.Web.Shared;

/// <summary>
/// The first probe of <c>/health/ready</c> has the front page and the shop rendered, which compiles what pages are made of: no visitor
/// waits for that.
/// </summary>
internal sealed class FirstPage(IHttpContextAccessor http, IHttpClientFactory clients) : IHealthCheck
{
    private static readonly string[] Pages = ["/", "/shop"];
    private readonly Lock _one = new();
    private Task? _rendered;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var connection = http.HttpContext!.Connection;
        var self = new UriBuilder("http", connection.LocalIpAddress!.ToString(), connection.LocalPort).Uri;
        try
        {
            // It goes on where the probe is given up, and the next probe waits for the same.
            await Rendered(self).WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (HttpRequestException failure)
        {
            return HealthCheckResult.Unhealthy(failure.Message);
        }
    }

    private Task Rendered(Uri self)
    {
        lock (_one)
        {
            return _rendered = _rendered is null or { IsFaulted: true } or { IsCanceled: true } ? Render(self) : _rendered;
        }
    }

    private async Task Render(Uri self)
    {
        using var client = clients.CreateClient();
        foreach (var page in Pages)
        {
            using var answer = await client.GetAsync(new Uri(self, page));
            answer.EnsureSuccessStatusCode();
        }
    }
}
