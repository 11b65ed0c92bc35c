using System.Diagnostics;

namespace ShopSaga.Gateway;

/// <summary>
/// Each request starts a trace of the shop. The trace context and baggage that clients send (W3C Trace Context section 7.1) go no further:
/// otherwise they would choose the trace ids in our logs, and their baggage would travel on every message of an order. With
/// <c>Tracing:LinkCallers=true</c> the new trace is linked to the caller's.
/// </summary>
internal static class OwnTraces
{
    private static readonly string[] Headers = ["traceparent", "tracestate", "baggage", "Correlation-Context", "Request-Id"];

    public static void AddOwnTraces(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<DistributedContextPropagator>(new InjectOnly(DistributedContextPropagator.Current));

    public static void UseOwnTraces(this WebApplication app)
    {
        var links = app.Configuration.GetValue("Tracing:LinkCallers", defaultValue: false);
        app.Use((context, next) =>
        {
            var headers = context.Request.Headers;
            if (links && ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var caller))
            {
                Activity.Current?.AddLink(new ActivityLink(caller));
            }

            foreach (var name in Headers)
            {
                headers.Remove(name);
            }

            return next(context);
        });
    }

    private sealed class InjectOnly(DistributedContextPropagator inner) : DistributedContextPropagator
    {
        public override IReadOnlyCollection<string> Fields => inner.Fields;

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
            inner.Inject(activity, carrier, setter);

        public override void ExtractTraceIdAndState(
            object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
            (traceId, traceState) = (null, null);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
            null;
    }
}
