using System.Diagnostics;

namespace ShopSaga.Bus;

/// <summary>
/// Spans and trace context, by the names that NServiceBus uses.
/// <code>
///   send message / publish event / reply  ── traceparent ──►  process message ─► one span for each handler ─► send message …
/// </code>
/// The context leaves with the message, so it survives outbox, delays and retries. The receiver's span is a child of the sender's, or
/// begins a new trace that is linked to it when the message says so.
/// </summary>
internal static class Tracing
{
    public static readonly ActivitySource Source = new("NServiceBus.Core", "0.1.0");

    /// <summary>Starts the span of sending something; it ends when the message is made, since delivery is the outbox' business.</summary>
    public static Activity? StartOutgoing(string intent)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var (operation, name) = intent switch
        {
            "Publish" => ("NServiceBus.Diagnostics.PublishMessage", "publish event"),
            "Reply" => ("NServiceBus.Diagnostics.SendMessage", "reply"),
            _ => ("NServiceBus.Diagnostics.SendMessage", "send message"),
        };
        var activity = Source.StartActivity(operation, ActivityKind.Producer);
        if (activity is not null)
        {
            activity.DisplayName = name;
        }

        return activity;
    }

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

    /// <summary>Starts the span of processing a message, without making it the current one.</summary>
    public static Activity? StartProcessing(IncomingMessage message)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var outer = Activity.Current;
        try
        {
            return StartReceiving(message);
        }
        finally
        {
            Activity.Current = outer;
        }
    }

    private static Activity? StartReceiving(IncomingMessage message)
    {
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
        if (activity.IsAllDataRequested)
        {
            activity.SetTag("nservicebus.native_message_id", message.NativeId);
            SetTags(activity, headers);
        }

        // Baggage is a stack: the item that was added last comes first.
        foreach (var item in (headers.GetValueOrDefault(Headers.DiagnosticsBaggage) ?? string.Empty)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Reverse())
        {
            var parts = item.Split('=', 2);
            activity.AddBaggage(parts[0], parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : null);
        }

        return activity;
    }

    /// <summary>Starts the span of a handler, where the message has one.</summary>
    public static Activity? StartHandler(Type handlerType)
    {
        var activity = Activity.Current is null ? null : Source.StartActivity("NServiceBus.Diagnostics.InvokeHandler");
        if (activity is not null)
        {
            activity.DisplayName = handlerType.Name;
            activity.SetTag("nservicebus.handler.handler_type", handlerType.FullName);
        }

        return activity;
    }

    /// <summary>Puts the headers that have a tag on a span.</summary>
    public static void SetTags(Activity? activity, IReadOnlyDictionary<string, string> headers)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        foreach (var (header, tag) in TagsByHeader)
        {
            if (headers.TryGetValue(header, out var value))
            {
                activity.SetTag(tag, value);
            }
        }
    }

    /// <summary>Ends a span as successful, or as failed with what failed.</summary>
    public static void End(Activity? activity, Exception? failure)
    {
        if (activity is null)
        {
            return;
        }

        if (failure is null)
        {
            activity.SetStatus(ActivityStatusCode.Ok);
        }
        else
        {
            activity.SetStatus(ActivityStatusCode.Error, failure.Message);
            activity.SetTag("otel.status_code", "ERROR");
            activity.SetTag("otel.status_description", failure.Message);
            if (failure is OperationCanceledException)
            {
                activity.SetTag("nservicebus.cancelled", true);
            }

            activity.AddException(failure, new TagList { { "exception.escaped", true } });
        }

        activity.Dispose();
    }

    private static readonly (string Header, string Tag)[] TagsByHeader =
    [
        (Headers.MessageId, "nservicebus.message_id"),
        (Headers.CorrelationId, "nservicebus.correlation_id"),
        (Headers.ConversationId, "nservicebus.conversation_id"),
        ("NServiceBus.PreviousConversationId", "nservicebus.previous_conversation_id"),
        (Headers.RelatedTo, "nservicebus.related_to"),
        (Headers.ReplyToAddress, "nservicebus.reply_to_address"),
        (Headers.NServiceBusVersion, "nservicebus.version"),
        (Headers.ControlMessageHeader, "nservicebus.control_message"),
        (Headers.SagaId, "nservicebus.saga.saga_id"),
        (Headers.SagaType, "nservicebus.saga.saga_type"),
        (Headers.IsSagaTimeoutMessage, "nservicebus.saga.is_timeout"),
        (Headers.OriginatingSagaId, "nservicebus.originating_saga_id"),
        (Headers.OriginatingSagaType, "nservicebus.originating_saga_type"),
        (Headers.DelayedRetries, "nservicebus.delayed_retries"),
        (Headers.DelayedRetriesTimestamp, "nservicebus.delayed_retries_timestamp"),
        (Headers.DeliverAt, "nservicebus.deliver_at"),
        (Headers.EnclosedMessageTypes, "nservicebus.enclosed_message_types"),
        (Headers.ContentType, "nservicebus.content_type"),
        (Headers.MessageIntent, "nservicebus.message_intent"),
        (Headers.OriginatingEndpoint, "nservicebus.originating_endpoint"),
        (Headers.OriginatingMachine, "nservicebus.originating_machine"),
        (Headers.OriginatingHostId, "nservicebus.originating_host_id"),
        (Headers.ProcessingEndpoint, "nservicebus.processing_endpoint"),
        (Headers.ProcessingMachine, "nservicebus.processing_machine"),
        (Headers.HostDisplayName, "nservicebus.host.display_name"),
        (Headers.HostId, "nservicebus.host.host_id"),
        ("NServiceBus.TimeToBeReceived", "nservicebus.time_to_be_received"),
        ("NServiceBus.NonDurableMessage", "nservicebus.non_durable"),
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
