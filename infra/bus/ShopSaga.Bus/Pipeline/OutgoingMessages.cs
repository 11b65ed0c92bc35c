using System.Diagnostics;
using System.Text.Json;

namespace ShopSaga.Bus;

/// <summary>Makes outgoing operations: serializes, and writes the headers of the wire contract.</summary>
internal sealed class OutgoingMessages(
    string endpointName,
    string localAddress,
    HostIdentity host,
    IReadOnlyDictionary<string, string> staticHeaders,
    MessageTypes types,
    TimeProvider time)
{
    public string LocalAddress => localAddress;

    public OutgoingOperation Send(object message, SendOptions options, Cause cause)
    {
        var destination = options.ToThisEndpoint ? localAddress : options.Destination;
        if (destination is null)
        {
            throw new InvalidOperationException(
                $"No route for {message.GetType().Name}: choose RouteToThisEndpoint or SetDestination, or use SendLocal.");
        }

        if (types.IsEvent(message.GetType()))
        {
            throw new InvalidOperationException($"{message.GetType().Name} is an event: publish it instead of sending it.");
        }

        using var activity = Tracing.StartOutgoing("Send");
        var delayed = options.Delay is not null || options.DeliverAt is not null;
        var headers = NewHeaders(message, "Send", options, cause);
        headers[Headers.StartNewTrace] = delayed && headers.ContainsKey(Headers.DiagnosticsTraceParent)
            ? bool.TrueString
            : bool.FalseString;
        if (delayed)
        {
            headers[Headers.DeliverAt] = WireTime.ToWire(options.DeliverAt ?? time.GetUtcNow() + options.Delay!.Value);
        }

        return Finish(message, headers, activity, destination, options: options);
    }

    public OutgoingOperation Publish(object message, PublishOptions options, Cause cause)
    {
        if (types.IsCommand(message.GetType()))
        {
            throw new InvalidOperationException($"{message.GetType().Name} is a command: send it instead of publishing it.");
        }

        using var activity = Tracing.StartOutgoing("Publish");
        var headers = NewHeaders(message, "Publish", options, cause);
        headers[Headers.StartNewTrace] = bool.TrueString;
        return Finish(message, headers, activity, eventType: message.GetType());
    }

    public OutgoingOperation Reply(object message, ReplyOptions options, Cause cause)
    {
        var incoming = cause.Incoming!;
        var destination = incoming.Headers.GetValueOrDefault(Headers.ReplyToAddress)
            ?? throw new InvalidOperationException($"Message {incoming.MessageId} has no reply address, so it cannot be replied to.");

        if (types.IsEvent(message.GetType()) || types.IsCommand(message.GetType()))
        {
            throw new InvalidOperationException(
                $"{message.GetType().Name} is an event or a command: reply with a message that is neither.");
        }

        using var activity = Tracing.StartOutgoing("Reply");
        var headers = NewHeaders(message, "Reply", options, cause);
        if (incoming.Headers.TryGetValue(Headers.OriginatingSagaId, out var sagaId))
        {
            headers[Headers.SagaId] = sagaId;
            headers[Headers.SagaType] = incoming.Headers[Headers.OriginatingSagaType];
        }

        return Finish(message, headers, activity, destination);
    }

    /// <summary>Static headers come last: they overwrite those of the message and of the runtime.</summary>
    private OutgoingOperation Finish(
        object message,
        Dictionary<string, string> headers,
        Activity? activity,
        string? destination = null,
        Type? eventType = null,
        SendOptions? options = null)
    {
        foreach (var (key, value) in staticHeaders)
        {
            headers[key] = value;
        }

        Tracing.SetTags(activity, headers);
        activity?.SetStatus(ActivityStatusCode.Ok);
        return new OutgoingOperation
        {
            MessageId = headers[Headers.MessageId],
            Headers = headers,
            Body = JsonSerializer.SerializeToUtf8Bytes(message, message.GetType()),
            Destination = destination,
            EventType = eventType,
            Delay = options?.Delay,
            DeliverAt = options?.DeliverAt,
        };
    }

    private Dictionary<string, string> NewHeaders(object message, string intent, ExtendableOptions options, Cause cause)
    {
        var incoming = cause.Incoming;
        var messageId = options.MessageId ?? TimeOrderedId.New(time).ToString();
        var headers = new Dictionary<string, string>(20)
        {
            [Headers.MessageId] = messageId,
            [Headers.MessageIntent] = intent,
            [Headers.ConversationId] = incoming?.Headers.GetValueOrDefault(Headers.ConversationId) ?? TimeOrderedId.New(time).ToString(),
            [Headers.CorrelationId] = incoming is null
                ? messageId
                : incoming.Headers.GetValueOrDefault(Headers.CorrelationId) ?? incoming.MessageId,
            [Headers.OriginatingEndpoint] = endpointName,
            [Headers.OriginatingMachine] = host.MachineName,
            [Headers.OriginatingHostId] = host.HostIdText,
            [Headers.ReplyToAddress] = localAddress,
            [Headers.ContentType] = "application/json",
            [Headers.EnclosedMessageTypes] = types.Enclosed(message.GetType()),
            [Headers.NServiceBusVersion] = WireVersion.Core,
            [Headers.TimeSent] = WireTime.ToWire(time.GetUtcNow()),
        };
        if (incoming is not null)
        {
            headers[Headers.RelatedTo] = incoming.MessageId;
        }

        if (cause.Saga is { } saga)
        {
            headers[Headers.OriginatingSagaId] = saga.Entity.Id.ToString();
            headers[Headers.OriginatingSagaType] = saga.GetType().AssemblyQualifiedName!;
        }

        foreach (var (key, value) in options.OutgoingHeaders)
        {
            headers[key] = value;
        }

        Tracing.Inject(Activity.Current, headers);
        return headers;
    }
}
