using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Bus;

/// <summary>
/// Between headers and AMQP properties.
/// <code>
///   out  properties from headers; every header as text
///   in   1 headers as text, without those that broker and client added
///        2 properties over headers
///        3 the reply queue of old callbacks over both
///        4 the native id is the message-id, or the message cannot be read
///        5 the logical id is the header's, else the native one
/// </code>
/// </summary>
internal static class AmqpMapping
{
    public const string DelayInSeconds = "NServiceBus.Transport.RabbitMQ.DelayInSeconds";
    private const string NonPersistent = "NServiceBus.Transport.RabbitMQ.UseNonPersistentDelivery";
    private const string CallbackQueue = "NServiceBus.RabbitMQ.CallbackQueue";
    private const string DeliveryCount = "x-delivery-count";

    /// <summary>Of tables and lists in a header; a frame has room for 25,000, and each costs stack.</summary>
    private const int MaxDepth = 100;

    /// <summary>A timestamp in a header has 64 bits, more than there are times.</summary>
    private static readonly long FirstTime = DateTimeOffset.MinValue.ToUnixTimeSeconds();
    private static readonly long LastTime = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Deliveries before the broker's count began anew (<see cref="Renewed"/>).</summary>
    private const string EarlierDeliveries = "ShopSaga.Bus.EarlierDeliveries";

    /// <summary>Further routing keys: the broker would route a copy by them again, and closes the channel where they are no list.</summary>
    private const string CarbonCopies = "CC";
    private const string BlindCarbonCopies = "BCC";

    private static readonly string[] NotForCopies =
        [DeliveryCount, EarlierDeliveries, Constants.PublishSequenceNumberHeader, CarbonCopies, BlindCarbonCopies];

    private static readonly FrozenSet<string> NeverShown = FrozenSet.Create(
        [DelayInSeconds, "x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason",
         "NServiceBus.Transport.RabbitMQ.ConfirmationId", .. NotForCopies]);

    /// <param name="operation">The message.</param>
    /// <param name="maxFrame">The frame size agreed with the broker.</param>
    /// <param name="delayInSeconds">The delay, where it has one.</param>
    public static BasicProperties ToProperties(OutgoingOperation operation, uint maxFrame, long? delayInSeconds = null)
    {
        var headers = operation.Headers;
        var properties = new BasicProperties
        {
            // A receiver needs one; the whole id is in the headers.
            MessageId = AmqpLimits.ShortBeginning(operation.MessageId),
            DeliveryMode = headers.ContainsKey(NonPersistent) ? DeliveryModes.Transient : DeliveryModes.Persistent,

            // Receivers let these overwrite the header of the same meaning, so a part of one would be worse than none.
            ContentType = AmqpLimits.Short(headers.GetValueOrDefault(Headers.ContentType)) ?? "application/octet-stream",
            CorrelationId = AmqpLimits.Short(headers.GetValueOrDefault(Headers.CorrelationId)),
            ReplyTo = AmqpLimits.Short(headers.GetValueOrDefault(Headers.ReplyToAddress)),
            Type = headers.TryGetValue(Headers.EnclosedMessageTypes, out var types)
                ? AmqpLimits.Short(MessageTypes.FullName(types.Split(';', 2)[0]))
                : null,
            Expiration = ((long?)operation.TimeToBeReceived?.TotalMilliseconds)?.ToString(CultureInfo.InvariantCulture),
            Headers = ToTable(headers),
        };
        AmqpLimits.Fit(properties.Headers, maxFrame);
        if (delayInSeconds is { } delay)
        {
            properties.Headers[DelayInSeconds] = (int)delay;
        }

        return properties;
    }

    /// <summary>
    /// The properties of a message as it came, but for those that say who sent it and where to, since the broker takes no user id from
    /// another user, and for the counts of its deliveries, which end with its stay in the queue.
    /// </summary>
    public static BasicProperties AsItCame(IReadOnlyBasicProperties received)
    {
        var headers = new Dictionary<string, object?>(received.Headers ?? new Dictionary<string, object?>());
        foreach (var name in NotForCopies)
        {
            headers.Remove(name);
        }

        var properties = new BasicProperties(received) { Headers = headers };
        properties.ClearUserId();
        return properties;
    }

    /// <summary>The same with the headers as texts that fit.</summary>
    public static BasicProperties AsTexts(BasicProperties properties, uint maxFrame)
    {
        var headers = properties.Headers!.ToDictionary(header => header.Key, header => (object?)Text(header.Value));
        AmqpLimits.Fit(headers, maxFrame);
        return new BasicProperties(properties) { Headers = headers };
    }

    /// <summary>The client writes a string as a long string in UTF-8.</summary>
    private static Dictionary<string, object?> ToTable(Dictionary<string, string> headers)
    {
        var table = new Dictionary<string, object?>(headers.Count + 1);
        foreach (var (key, value) in headers)
        {
            table.Add(key, value);
        }

        table.Remove(NonPersistent);
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

        Set(headers, Headers.ReplyToAddress, properties.ReplyTo);
        Set(headers, Headers.CorrelationId, properties.CorrelationId);
        Set(headers, Headers.ContentType, properties.ContentType);
        Set(headers, Headers.EnclosedMessageTypes, headers.GetValueOrDefault(Headers.EnclosedMessageTypes) ?? properties.Type);
        Set(headers, NonPersistent, properties.DeliveryMode == DeliveryModes.Transient ? bool.TrueString : null);
        Set(headers, Headers.ReplyToAddress, headers.GetValueOrDefault(CallbackQueue));
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
            DeliveryAttempt = 1 + Count(properties, EarlierDeliveries, 0) + (redelivered ? Count(properties, DeliveryCount, 1) : 0),
        };
    }

    private static void Set(Dictionary<string, string> headers, string name, string? value)
    {
        if (value is not null)
        {
            headers[name] = value;
        }
    }

    /// <summary>
    /// How often the broker has delivered the message without an acknowledgement; a queue with a delivery limit drops it at that count.
    /// </summary>
    public static int BrokerDeliveries(IReadOnlyBasicProperties properties) => Count(properties, DeliveryCount, 0);

    /// <summary>The properties of a copy for the same queue, in which the broker's count begins anew but none is forgotten.</summary>
    public static BasicProperties Renewed(IReadOnlyBasicProperties received)
    {
        var properties = AsItCame(received);
        properties.Headers![EarlierDeliveries] = Count(received, EarlierDeliveries, 0) + Count(received, DeliveryCount, 0);
        return properties;
    }

    private static int Count(IReadOnlyBasicProperties properties, string header, int otherwise) =>
        properties.Headers?.TryGetValue(header, out var count) == true
        && count is byte or sbyte or short or ushort or int or uint or long
            ? (int)Math.Clamp(Convert.ToInt64(count, CultureInfo.InvariantCulture), 0, 1_000_000)
            : otherwise;

    /// <summary>Whether headers are nested deeper than any program needs; to pass them on costs time by the square of the depth.</summary>
    public static bool IsDeep(IReadOnlyBasicProperties properties) => IsDeep(properties.Headers as IDictionary<string, object?>, 0);

    private static bool IsDeep(object? value, int depth) => depth > MaxDepth || value switch
    {
        IDictionary<string, object?> table => table.Values.Any(entry => IsDeep(entry, depth + 1)),
        System.Collections.IEnumerable list and not (string or byte[]) => list.Cast<object?>().Any(item => IsDeep(item, depth + 1)),
        _ => false,
    };

    private static string Text(object? value) => Text(value, 0);

    private static string Text(object? value, int depth) => value switch
    {
        _ when depth > MaxDepth => "…",
        null => string.Empty,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        AmqpTimestamp { UnixTime: var time } when time >= FirstTime && time <= LastTime =>
            WireTime.ToWire(DateTimeOffset.FromUnixTimeSeconds(time)),
        AmqpTimestamp { UnixTime: var time } => time.ToString(CultureInfo.InvariantCulture),
        IDictionary<string, object?> table => string.Join(',', table.Select(entry => $"{entry.Key}={Text(entry.Value, depth + 1)}")),
        System.Collections.IEnumerable list and not string =>
            string.Join(';', list.Cast<object?>().Select(item => Text(item, depth + 1))),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
    };
}
