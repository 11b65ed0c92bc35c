using System.Diagnostics;

namespace ShopSaga.Bus;

/// <summary>Activities and trace context, by the names that NServiceBus uses.</summary>
internal static class Tracing
{
    public static readonly ActivitySource Source = new("NServiceBus.Core", "0.1.0");

    /// <summary>Writes the trace context into the headers of an outgoing message.</summary>
    public static void Inject(Activity? activity, Dictionary<string, string> headers)
    {
        if (activity?.Id is null)
        {
            return;
        }

        headers[Headers.DiagnosticsTraceParent] = activity.Id;
        if (activity.TraceStateString is { Length: > 0 } state)
        {
            headers[Headers.DiagnosticsTraceState] = state;
        }

        var baggage = string.Join(',', activity.Baggage.Select(item => $"{item.Key}={Uri.EscapeDataString(item.Value ?? string.Empty)}"));
        if (baggage.Length > 0)
        {
            headers[Headers.DiagnosticsBaggage] = baggage;
        }
    }

    /// <summary>Starts the span of processing a message: a child of the sender's, or a new trace linked to it when the sender asked for that.</summary>
    public static Activity? StartProcessing(IncomingMessage message)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var headers = message.Headers;
        var hasParent = ActivityContext.TryParse(
            headers.GetValueOrDefault(Headers.DiagnosticsTraceParent),
            headers.GetValueOrDefault(Headers.DiagnosticsTraceState),
            isRemote: true,
            out var parent);
        var newTrace = hasParent && headers.GetValueOrDefault(Headers.StartNewTrace) == bool.TrueString;
        var activity = newTrace
            ? StartRoot(new ActivityLink(parent))
            : Source.StartActivity("NServiceBus.Diagnostics.ReceiveMessage", ActivityKind.Consumer, parent);
        if (activity is null)
        {
            return null;
        }

        activity.DisplayName = "process message";
        activity.SetTag("nservicebus.native_message_id", message.NativeId);
        foreach (var (header, tag) in TagsByHeader)
        {
            if (headers.TryGetValue(header, out var value))
            {
                activity.SetTag(tag, value);
            }
        }

        foreach (var item in (headers.GetValueOrDefault(Headers.DiagnosticsBaggage) ?? string.Empty)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Reverse())
        {
            var parts = item.Split('=', 2);
            activity.AddBaggage(parts[0], parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : null);
        }

        return activity;
    }

    private static readonly (string Header, string Tag)[] TagsByHeader =
    [
        (Headers.MessageId, "nservicebus.message_id"),
        (Headers.CorrelationId, "nservicebus.correlation_id"),
        (Headers.ConversationId, "nservicebus.conversation_id"),
        (Headers.RelatedTo, "nservicebus.related_to"),
        (Headers.MessageIntent, "nservicebus.message_intent"),
        (Headers.EnclosedMessageTypes, "nservicebus.enclosed_message_types"),
        (Headers.OriginatingEndpoint, "nservicebus.originating_endpoint"),
        (Headers.SagaId, "nservicebus.saga.saga_id"),
        (Headers.SagaType, "nservicebus.saga.saga_type"),
        (Headers.DelayedRetries, "nservicebus.delayed_retries"),
    ];

    private static Activity? StartRoot(ActivityLink link)
    {
        // A default parent context would fall back to the current activity; a new trace must not.
        var outer = Activity.Current;
        Activity.Current = null;
        var activity = Source.StartActivity(
            "NServiceBus.Diagnostics.ReceiveMessage", ActivityKind.Consumer, parentContext: default, links: [link]);
        if (activity is null)
        {
            Activity.Current = outer;
        }

        return activity;
    }
}
