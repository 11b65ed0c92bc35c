using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace ShopSaga.Gateway;

/// <summary>
/// An instance that refuses connections gets no requests for a few seconds, and the request that found out is sent to another instance.
/// Nothing of it had been sent, so nothing can happen twice.
/// </summary>
internal sealed class UnreachableInstances(IDestinationHealthUpdater health) : IPassiveHealthCheckPolicy
{
    public const string Policy = nameof(UnreachableInstances);

    public string Name => Policy;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (IsUnreachable(context))
        {
            health.SetPassive(
                cluster, destination, DestinationHealth.Unhealthy, cluster.Model.Config.HealthCheck!.Passive!.ReactivationPeriod!.Value);
        }
    }

    public static async Task RetryElsewhere(HttpContext context, RequestDelegate next)
    {
        var proxy = context.GetReverseProxyFeature();
        var untried = proxy.AvailableDestinations;
        await next(context);
        while (IsUnreachable(context) && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested
            && (untried = [.. untried.Where(destination => destination != proxy.ProxiedDestination)]).Count > 0)
        {
            // YARP has set 502 and the error of the attempt that failed; the next one starts clean.
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.StatusCode = StatusCodes.Status200OK;
            proxy.AvailableDestinations = untried;
            await next(context);
        }
    }

    private static bool IsUnreachable(HttpContext context) =>
        context.GetForwarderErrorFeature()?.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
}
