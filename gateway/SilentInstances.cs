using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace ShopSaga.Gateway;

/// <summary>
/// Watches the probes of the instances. Two failures in a row make an instance unhealthy; one success makes it healthy again. An instance
/// that accepts connections but answers no probe, such as a frozen process, is silent: reads that wait for it end with a 503 at once,
/// instead of after the whole timeout, and new requests are not sent to it, so that nothing can happen twice.
/// </summary>
internal sealed class SilentInstances(IDestinationHealthUpdater health, ILogger<SilentInstances> logger) : IActiveHealthCheckPolicy
{
    public const string Policy = nameof(SilentInstances);
    private const int Threshold = 2;
    private readonly ConditionalWeakTable<DestinationState, Probes> _probes = new();

    public string Name => Policy;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
    {
        var updates = new List<NewActiveDestinationHealth>();
        foreach (var result in probingResults)
        {
            var instance = result.Destination;
            var probes = _probes.GetOrCreateValue(instance);
            var problem = result.Response is { IsSuccessStatusCode: true } ? null
                : result.Response is { } response ? $"it answers {(int)response.StatusCode}"
                : result.Exception is OperationCanceledException ? "it does not answer"
                : result.Exception?.Message ?? "it does not answer";
            switch (probes.Add(problem, isSilent: result.Response is null && result.Exception is OperationCanceledException))
            {
                case Change.Lost:
                    logger.LogWarning(
                        LogEvents.InstanceUnhealthy, "{Instance} is unhealthy: {Reason}", instance.DestinationId, problem);
                    break;
                case Change.Back:
                    logger.LogInformation(LogEvents.InstanceHealthy, "{Instance} is healthy again", instance.DestinationId);
                    break;
            }

            updates.Add(new NewActiveDestinationHealth(
                instance, probes.Failures >= Threshold ? DestinationHealth.Unhealthy : DestinationHealth.Healthy));
        }

        health.SetActive(cluster, updates);
    }

    /// <summary>Ends reads of an instance that turns silent, and refuses requests to one that is.</summary>
    public async Task GuardSilent(HttpContext context, RequestDelegate next)
    {
        if (context.GetReverseProxyFeature().AvailableDestinations is not [var instance])
        {
            await next(context);
            return;
        }

        var silence = _probes.GetOrCreateValue(instance).WhileSilent;
        if (silence.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }

        var aborted = context.RequestAborted;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, silence);
        context.RequestAborted = either.Token;
        try
        {
            await next(context);
        }
        finally
        {
            context.RequestAborted = aborted;
        }

        if (silence.IsCancellationRequested && !aborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            // Otherwise AnswerForwardingErrors would take it for the client's error.
            context.Features.Set<Yarp.ReverseProxy.Forwarder.IForwarderErrorFeature>(null);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }

    private enum Change
    {
        None,
        Lost,
        Back,
    }

    /// <summary>The recent probes of one instance. Probes of a cluster do not overlap.</summary>
    private sealed class Probes
    {
        private volatile Silence _silence = new();
        private int _silent;

        public int Failures { get; private set; }

        /// <summary>Cancelled while the instance is silent.</summary>
        public CancellationToken WhileSilent => _silence.Token;

        public Change Add(string? problem, bool isSilent)
        {
            var wasUnhealthy = Failures >= Threshold;
            Failures = problem is null ? 0 : Failures + 1;
            _silent = isSilent ? _silent + 1 : 0;
            if (_silent == Threshold)
            {
                _silence.Begin();
            }
            else if (_silent == 0 && _silence.Token.IsCancellationRequested)
            {
                _silence = new Silence();
            }

            return (wasUnhealthy, Failures >= Threshold) switch
            {
                (false, true) => Change.Lost,
                (true, false) => Change.Back,
                _ => Change.None,
            };
        }
    }

    /// <summary>Its source is not disposed: requests may still look at the token after the silence.</summary>
    private sealed class Silence
    {
        private readonly Action _begin;

        public Silence()
        {
            var source = new CancellationTokenSource();
            (Token, _begin) = (source.Token, source.Cancel);
        }

        public CancellationToken Token { get; }

        public void Begin() => _begin();
    }
}
