using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Hosting.Health;

/// <summary><c>/health/live</c>: the process runs. <c>/health/ready</c>: its dependencies are available as well.</summary>
internal static class HealthRoutes
{
    public static void MapHealth(this WebApplication app)
    {
        var onlyGet = new HttpMethodMetadata([HttpMethods.Get]);
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = Write })
            .WithMetadata(onlyGet);
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = Write }).WithMetadata(onlyGet);
    }

    private static Task Write(HttpContext context, HealthReport report)
    {
        var checks = report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Status.ToString());
        return report.Status == HealthStatus.Unhealthy
            ? Problems.Unavailable("A dependency is unavailable.", new Dictionary<string, object?> { ["checks"] = checks })
                .ExecuteAsync(context)
            : context.Response.WriteAsJsonAsync(new { status = report.Status.ToString(), checks }, context.RequestAborted);
    }
}
