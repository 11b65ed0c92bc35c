using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Bus;

/// <summary>
/// Between headers and AMQP properties.
/// <code>
///   out  properties from headers; every header as text
///   in   1 headers as text, without what broker and client noted   2 properties over headers   3 the reply queue of old callbacks over both
///        4 the native id is the message-id, or the message cannot be read   5 the logical id is the header's, else the native one
/// </code>
/// </summary>
internal static class AmqpMapping
{
    public const string DelayInSeconds = "NServiceBus.Transport.RabbitMQ.DelayInSeconds";
    private const string NonPersistent = "NServiceBus.Transport.RabbitMQ.UseNonPersistentDelivery";
    private const string CallbackQueue = "NServiceBus.RabbitMQ.CallbackQueue";
    private const string DeliveryCount = "x-delivery-count";

    private static readonly FrozenSet<string> NeverShown = FrozenSet.Create(
        DelayInSeconds, "x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason",
        "NServiceBus.Transport.RabbitMQ.ConfirmationId", Constants.PublishSequenceNumberHeader, DeliveryCount);

    public static BasicProperties ToProperties(OutgoingOperation operation)
    {
        var headers = operation.Headers;
        var properties = new BasicProperties
        {
            MessageId = operation.MessageId,
            DeliveryMode = headers.ContainsKey(NonPersistent) ? DeliveryModes.Transient : DeliveryModes.Persistent,
            ContentType = headers.GetValueOrDefault(Headers.ContentType) ?? "application/octet-stream",
            Headers = ToTable(headers),
        };
        if (headers.TryGetValue(Headers.CorrelationId, out var correlationId))
        {
            properties.CorrelationId = correlationId;
        }

        if (headers.TryGetValue(Headers.ReplyToAddress, out var replyTo))
        {
            properties.ReplyTo = replyTo;
        }

        if (headers.TryGetValue(Headers.EnclosedMessageTypes, out var types))
        {
            properties.Type = MessageTypes.FullName(types.Split(';', 2)[0]);
        }

        if (operation.TimeToBeReceived is { } ttbr)
        {
            properties.Expiration = ((long)ttbr.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        return properties;
    }

    /// <summary>The client writes a string as a long string in UTF-8.</summary>
    private static Dictionary<string, object?> ToTable(Dictionary<string, string> headers)
    {
        var table = new Dictionary<string, object?>(headers.Count + 1);
        foreach (var (key, value) in headers)
        {
            if (key != NonPersistent)
            {
                table.Add(key, value);
            }
        }

        return table;
    }

    /// <exception cref="MessageDeserializationException">The message has no id.</exception>
    public static IncomingMessage ToMessage(IReadOnlyBasicProperties properties, bool redelivered, ReadOnlyMemory<byte> body)
    {
        var headers = new Dictionary<string, string>(properties.Headers?.Count ?? 0);
        foreach (var (key, value) in properties.Headers ?? new Dictionary<string, object?>())
        {
            if (!NeverShown.Contains(key))
            {
                headers[key] = Text(value);
            }
        }

        if (properties.IsReplyToPresent())
        {
            headers[Headers.ReplyToAddress] = properties.ReplyTo!;
        }

        if (properties.IsCorrelationIdPresent())
        {
            headers[Headers.CorrelationId] = properties.CorrelationId!;
        }

        if (properties.IsContentTypePresent())
        {
            headers[Headers.ContentType] = properties.ContentType!;
        }

        if (properties.IsTypePresent() && !headers.ContainsKey(Headers.EnclosedMessageTypes))
        {
            headers[Headers.EnclosedMessageTypes] = properties.Type!;
        }

        if (properties.IsDeliveryModePresent() && properties.DeliveryMode == DeliveryModes.Transient)
        {
            headers[NonPersistent] = bool.TrueString;
        }

        if (headers.TryGetValue(CallbackQueue, out var callback))
        {
            headers[Headers.ReplyToAddress] = callback;
        }

        var nativeId = properties.MessageId;
        if (string.IsNullOrEmpty(nativeId))
        {
            throw new MessageDeserializationException("The message has no message-id.");
        }

        if (!headers.TryGetValue(Headers.MessageId, out var messageId) || messageId.Length == 0)
        {
            headers[Headers.MessageId] = messageId = nativeId;
        }

        return new IncomingMessage
        {
            NativeId = nativeId,
            MessageId = messageId,
            Headers = headers,
            Body = body,
            DeliveryAttempt = redelivered ? 1 + Deliveries(properties) : 1,
        };
    }

    private static int Deliveries(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(DeliveryCount, out var count) == true ? Convert.ToInt32(count, CultureInfo.InvariantCulture) : 1;

    private static string Text(object? value) => value switch
    {
        null => string.Empty,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        AmqpTimestamp time => WireTime.ToWire(DateTimeOffset.FromUnixTimeSeconds(time.UnixTime)),
        IDictionary<string, object?> table => string.Join(',', table.Select(entry => $"{entry.Key}={Text(entry.Value)}")),
        System.Collections.IEnumerable list and not string => string.Join(';', list.Cast<object?>().Select(Text)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
    };
}
