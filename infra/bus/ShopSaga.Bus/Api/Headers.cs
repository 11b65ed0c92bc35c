namespace ShopSaga.Bus;

/// <summary>Names of message headers, as on the wire.</summary>
public static class Headers
{
    /// <summary>Logical id of the message; the key of the inbox.</summary>
    public const string MessageId = "NServiceBus.MessageId";

    /// <summary>Send, Publish, Reply …</summary>
    public const string MessageIntent = "NServiceBus.MessageIntent";

    /// <summary>Shared by all messages that follow from one message sent outside a handler.</summary>
    public const string ConversationId = "NServiceBus.ConversationId";

    /// <summary>Constant along a chain of messages.</summary>
    public const string CorrelationId = "NServiceBus.CorrelationId";

    /// <summary>Logical id of the message whose handler sent this one.</summary>
    public const string RelatedTo = "NServiceBus.RelatedTo";

    /// <summary>Name of the endpoint that sent the message.</summary>
    public const string OriginatingEndpoint = "NServiceBus.OriginatingEndpoint";

    /// <summary>Machine that sent the message.</summary>
    public const string OriginatingMachine = "NServiceBus.OriginatingMachine";

    /// <summary>Host that sent the message, 32 hexadecimal digits.</summary>
    public const string OriginatingHostId = "$.diagnostics.originating.hostid";

    /// <summary>Where replies go.</summary>
    public const string ReplyToAddress = "NServiceBus.ReplyToAddress";

    /// <summary>Media type of the body.</summary>
    public const string ContentType = "NServiceBus.ContentType";

    /// <summary>Assembly-qualified type names, most concrete first, separated by semicolons.</summary>
    public const string EnclosedMessageTypes = "NServiceBus.EnclosedMessageTypes";

    /// <summary>Version of the runtime the message is compatible with.</summary>
    public const string NServiceBusVersion = "NServiceBus.Version";

    /// <summary>When the message was sent, in the wire's time format.</summary>
    public const string TimeSent = "NServiceBus.TimeSent";

    /// <summary>When a delayed message is due, in the wire's time format.</summary>
    public const string DeliverAt = "NServiceBus.DeliverAt";

    /// <summary>Saga that the message is for.</summary>
    public const string SagaId = "NServiceBus.SagaId";

    /// <summary>Type of the saga that the message is for.</summary>
    public const string SagaType = "NServiceBus.SagaType";

    /// <summary>Saga that sent the message.</summary>
    public const string OriginatingSagaId = "NServiceBus.OriginatingSagaId";

    /// <summary>Type of the saga that sent the message.</summary>
    public const string OriginatingSagaType = "NServiceBus.OriginatingSagaType";

    /// <summary>Present on timeouts.</summary>
    public const string IsSagaTimeoutMessage = "NServiceBus.IsSagaTimeoutMessage";

    /// <summary>Present on messages of the infrastructure, which have no body.</summary>
    public const string ControlMessageHeader = "NServiceBus.ControlMessage";

    /// <summary>Number of the delayed retry.</summary>
    public const string DelayedRetries = "NServiceBus.Retries";

    /// <summary>When the last delayed retry was asked for, in the wire's time format.</summary>
    public const string DelayedRetriesTimestamp = "NServiceBus.Retries.Timestamp";

    /// <summary>Endpoint that processed the message.</summary>
    public const string ProcessingEndpoint = "NServiceBus.ProcessingEndpoint";

    /// <summary>Machine that processed the message.</summary>
    public const string ProcessingMachine = "NServiceBus.ProcessingMachine";

    /// <summary>Host that processed the message, 32 hexadecimal digits.</summary>
    public const string HostId = "$.diagnostics.hostid";

    /// <summary>Display name of the host that processed the message.</summary>
    public const string HostDisplayName = "$.diagnostics.hostdisplayname";

    /// <summary>Whether the receiver starts a new trace with a link instead of a child.</summary>
    public const string StartNewTrace = "NServiceBus.OpenTelemetry.StartNewTrace";

    /// <summary>W3C trace context.</summary>
    public const string DiagnosticsTraceParent = "traceparent";

    /// <summary>W3C trace state.</summary>
    public const string DiagnosticsTraceState = "tracestate";

    /// <summary>W3C baggage.</summary>
    public const string DiagnosticsBaggage = "baggage";
}
