namespace ShopSaga.Tests.Bus.Support;

/// <summary>Formats of header values.</summary>
internal static class Wire
{
    public const string Timestamp = @"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{6} Z$";

    public const string Id = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

    public const string Version = @"^10\.\d+\.\d+$";

    /// <summary>On every message that a handler sends or publishes; replies have no StartNewTrace.</summary>
    public static readonly string[] HeadersFromHandler =
    [
        "$.diagnostics.originating.hostid",
        "NServiceBus.ContentType",
        "NServiceBus.ConversationId",
        "NServiceBus.CorrelationId",
        "NServiceBus.EnclosedMessageTypes",
        "NServiceBus.MessageId",
        "NServiceBus.MessageIntent",
        "NServiceBus.OpenTelemetry.StartNewTrace",
        "NServiceBus.OriginatingEndpoint",
        "NServiceBus.OriginatingMachine",
        "NServiceBus.RelatedTo",
        "NServiceBus.ReplyToAddress",
        "NServiceBus.TimeSent",
        "NServiceBus.Version",
    ];

    /// <summary>Names of headers that depend on neither tracing nor on what the broker adds on the way.</summary>
    public static IEnumerable<string> Names(Delivery delivery) =>
        delivery.Headers.Keys.Where(
            name => name is not ("traceparent" or "tracestate" or "baggage") && !name.StartsWith("x-", StringComparison.Ordinal));

    public static DateTimeOffset Time(string header) => DateTimeOffset.ParseExact(
        header, "yyyy-MM-dd HH:mm:ss:ffffff 'Z'", null, System.Globalization.DateTimeStyles.AssumeUniversal);
}
