using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;

namespace ShopSaga.Fuzz.Messages;

/// <summary>
/// Generates messages for the endpoints' queues. Message <c>n</c> depends only on the seed and <c>n</c>. The first ones are fixed: each has
/// once circled, killed a process or held up other messages.
/// </summary>
internal sealed class MessageGenerator(int seed)
{
    /// <summary>The kind of messages that speak of a session of the other lane.</summary>
    public const string ControlMessage = "a control message of a session";

    private const string TypesHeader = "NServiceBus.EnclosedMessageTypes";

    /// <summary>A frame has 131,072 bytes, and all properties must fit into one.</summary>
    private const int MaxHeaderBytes = 125_000;

    private static readonly string[] Queues =
    [
        "ShopSaga.Users", "ShopSaga.Products", "ShopSaga.Orders", "ShopSaga.Payments", "ShopSaga.Settlement",
    ];

    private static readonly string[] KnownHeaders =
    [
        "NServiceBus.MessageId", "NServiceBus.MessageIntent", "NServiceBus.ConversationId", "NServiceBus.CorrelationId",
        "NServiceBus.RelatedTo",
        "NServiceBus.OriginatingEndpoint", "NServiceBus.ReplyToAddress", "NServiceBus.ContentType", TypesHeader, "NServiceBus.Version",
        "NServiceBus.TimeSent",
        "NServiceBus.DeliverAt", "NServiceBus.TimeToBeReceived", "NServiceBus.OpenTelemetry.StartNewTrace", "traceparent", "tracestate",
        "baggage",
        "NServiceBus.OriginatingSagaId", "NServiceBus.OriginatingSagaType", "NServiceBus.SagaId", "NServiceBus.SagaType",
        "NServiceBus.IsSagaTimeoutMessage",
        "NServiceBus.ControlMessage", "NServiceBus.Retries", "NServiceBus.Retries.Timestamp", "NServiceBus.FailedQ",
        "NServiceBus.TimeOfFailure",
        "NServiceBus.ExceptionInfo.Message", "NServiceBus.RabbitMQ.CallbackQueue", "NServiceBus.Transport.RabbitMQ.DelayInSeconds",
        "NServiceBus.Transport.RabbitMQ.ConfirmationId", "NServiceBus.Transport.RabbitMQ.UseNonPersistentDelivery", "x-delivery-count",
        "x-death",
        "NServiceBus.TransactionalSession.RemainingCommitDuration", "NServiceBus.TransactionalSession.CommitDelayIncrement",
        "NServiceBus.TransactionalSession.CommitDelayAttempt", "ServiceControl.Retry.UniqueMessageId",
        "ServiceControl.Retry.AcknowledgementQueue",
        "$.diagnostics.originating.hostid", "CC", "BCC", "",
    ];

    private static readonly string[] HostileTypes =
    [
        "MyShop.Events.OrderPlaced, MyShop.Events, v2", "ShopSaga.Contracts.Orders.OrderPlaced" + new string('*', 20_000),
        new string('*', 20_000), new string('T', 300),
        "", " ", ";", ";;;;", ",", ", ,", "[", "]", "[[", "A[[B]]", "A`1[[B, C]], D", "A+B+C", "A&", "A*", "System.Object",
        "System.Object, System.Private.CoreLib", "System.String",
        "System.Diagnostics.Process, System.Diagnostics.Process", "ShopSaga.Contracts.Orders.OrderPlaced[]",
        "ShopSaga.Contracts.Orders.OrderPlaced`1", "ShopSaga.Contracts.Nothing",
        "ShopSaga.Contracts.Orders.OrderPlaced, ShopSaga.Contracts, Version=99.0.0.0", "ShopSaga.Contracts.Orders.OrderPlaced, Version=x",
        "shopsaga.contracts.orders.orderplaced",
        "ShopSaga.Orders.Lifecycle.OrderExpired, ShopSaga.Orders", "ShopSaga.Payments.Charging.ChargePayment, ShopSaga.Payments",
        "ShopSaga.Contracts.Orders.OrderPlaced__impl",
        string.Join(';', Enumerable.Repeat("A.B, C", 2_000)), string.Concat(
            Enumerable.Repeat("A`1[[", 2_000)), "한국어.유형, 어셈블리", "\0", "A\0B", "A\nB",
    ];

    private static readonly string[] ContentTypes =
    [
        "", "text/plain", "text/xml", "application/json; charset=utf-16", "application/octet-stream", new string('c', 255),
    ];

    private static readonly Func<Random, HostileMessage>[] Known =
    [
        random =>
            Valid(random) is var message && Header(message, TypesHeader, HostileTypes[0])
                ? message with { Kind = "a type with an invalid assembly name" }
                : message,
        random =>
            Valid(random) is var message && Header(message, TypesHeader, HostileTypes[1])
                ? message with { Kind = "a type followed by 20,000 *" }
                : message,
        random =>
            Valid(random) is var message && Header(message, "NServiceBus.MessageId", new string('i', 300))
                ? message with { Kind = "a message id of 300 characters" }
                : message,
        random =>
            Valid(random) is var message && Header(message, TypesHeader, new string('T', 300))
                ? message with { Kind = "a type of 300 characters" }
                : message,
        random =>
            Failing(random) is var message && Header(message, "note", new string('h', MaxHeaderBytes))
                ? message with { Kind = "a header that fills the frame" }
                : message,
        random =>
            Failing(random) is var message && Header(message, "note", new string('한', 40_000))
                ? message with { Kind = "a header of 40,000 Hangul characters" }
                : message,
        random =>
            Valid(random) is var message
                ? message with { Kind = "a body with a byte-order mark", Body = [0xef, 0xbb, 0xbf, .. message.Body] }
                : message,
        random => Valid(random) is var message ? message with { Kind = "an event with an empty body", Body = [] } : message,
        random =>
            Valid(random) is var message && Header(message, "NServiceBus.ControlMessage", "True")
                ? message with { Kind = "an event flagged as control message" }
                : message,
        random =>
        {
            var message = Valid(random);
            message.Properties.Headers!["nested"] = Nested(20_000);
            return message with { Kind = "20,000 lists, one in the other" };
        },
        random =>
        {
            var message = Valid(random);
            message.Properties.Headers!["nested"] = Nested(200);
            message.Properties.Headers!["at no time"] = new AmqpTimestamp(long.MaxValue);
            message.Properties.ClearMessageId();
            return message with { Kind = "200 lists, one in the other, and a time that is none" };
        },
        random =>
        {
            var message = Valid(random);
            message.Properties.ClearMessageId();
            message.Properties.UserId = HostileSender.User;
            return message with { Kind = "the user id of the sender" };
        },
        random =>
            Failing(random) is var message && Header(message, "CC", new List<object?> { "elsewhere" })
                ? message with { Kind = "a carbon copy" }
                : message,
    ];

    public static int KnownMessages => Known.Length;

    /// <summary>The message with this number.</summary>
    public HostileMessage Make(int number)
    {
        var random = new Random(RequestGenerator.Mixed(seed, number));
        if (number < Known.Length)
        {
            return Known[number](random);
        }

        var message = random.Next(12) switch
        {
            0 or 1 => WithHeaderOfAnyType(Valid(random), random),
            2 or 3 => WithKnownHeader(Valid(random), random),
            4 => WithType(Valid(random), random),
            5 or 6 => WithBody(Valid(random), random),
            7 => WithMember(Valid(random), random),
            8 => WithProperty(Valid(random), random),
            9 => WithManyHeaders(Failing(random), random),
            10 => WithControlHeaders(Valid(random), random),
            _ => WithSagaHeaders(Valid(random), random),
        };
        return random.Next(10) == 0 ? message with { Queue = random.Pick(Queues) } : message;
    }

    private static HostileMessage Valid(Random random)
    {
        var (queue, type, body) = random.Pick(EventCatalogue.Subscriptions);
        var id = new Guid(Bytes(random, 16)).ToString();
        var properties = new BasicProperties
        {
            MessageId = id,
            CorrelationId = id,
            ContentType = "application/json",
            Type = $"ShopSaga.Contracts.{type}",
            DeliveryMode = DeliveryModes.Persistent,
            Headers = new Dictionary<string, object?>
            {
                ["NServiceBus.MessageId"] = id,
                ["NServiceBus.CorrelationId"] = id,
                ["NServiceBus.ConversationId"] = id,
                ["NServiceBus.MessageIntent"] = "Publish",
                ["NServiceBus.ContentType"] = "application/json",
                ["NServiceBus.OriginatingEndpoint"] = "Fuzz",
                ["NServiceBus.TimeSent"] = "2026-01-31 00:00:00:000000 Z",
                [TypesHeader] = EventCatalogue.AssemblyQualified(type),
            },
        };

        // No order has a negative id.
        return new HostileMessage(
            "a valid event about nothing", queue, properties, Encoding.UTF8.GetBytes(body(-1 - random.NextInt64(1L << 40)).ToJsonString()));
    }

    /// <summary>A message that no handler can handle: it takes the way of all failed messages, with its failure in its headers.</summary>
    private static HostileMessage Failing(Random random) => Valid(random) with { Body = "{\"OrderId\":"u8.ToArray() };

    private static bool Header(HostileMessage message, string name, object? value)
    {
        message.Properties.Headers![name] = value;
        return true;
    }

    private static HostileMessage WithHeaderOfAnyType(HostileMessage message, Random random)
    {
        var name = random.Next(3) > 0 ? random.Pick(KnownHeaders) : random.Pick(HostileValues.Texts);
        var (type, value) = AnyValue(random, depth: 0);
        message.Properties.Headers![Cut(name, 255)] = value;
        return message with { Kind = $"a header of the type {type}" };
    }

    private static HostileMessage WithKnownHeader(HostileMessage message, Random random)
    {
        message.Properties.Headers![random.Pick(KnownHeaders)] = AnyText(random);
        return message with { Kind = "another text in a known header" };
    }

    private static HostileMessage WithType(HostileMessage message, Random random)
    {
        var type = random.Pick(HostileTypes);
        if (random.Next(3) == 0)
        {
            type = $"{type};{EventCatalogue.AssemblyQualified(random.Pick(EventCatalogue.Subscriptions).Type)}";
        }

        if (random.Next(4) == 0)
        {
            message.Properties.Headers!.Remove(TypesHeader);
            message.Properties.Type = Cut(type, 255);
        }
        else
        {
            message.Properties.Headers![TypesHeader] = type;
        }

        return message with { Kind = "another type" };
    }

    private static HostileMessage WithBody(HostileMessage message, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                return message with { Kind = "a body that is no JSON", Body = random.Pick(HostileValues.Bodies) };
            case 1:
                return message with { Kind = "a body of random bytes", Body = Bytes(random, random.Next(1, 2_000)) };
            case 2:
                var body = message.Body.ToArray();
                for (var changes = random.Next(1, 5); changes > 0; changes--)
                {
                    body[random.Next(body.Length)] = (byte)random.Next(256);
                }

                return message with { Kind = "a body with changed bytes", Body = body };
            default:
                return message with
                {
                    Kind = "a large body",
                    Body = [.. message.Body, .. Enumerable.Repeat((byte)' ', random.Next(1_000, 1_000_000))]
                };
        }
    }

    private static HostileMessage WithMember(HostileMessage message, Random random)
    {
        var body = JsonNode.Parse(message.Body)!.AsObject();
        var name = random.Pick([.. body.Select(member => member.Key)]);
        switch (random.Next(3))
        {
            case 0:
                body.Remove(name);
                return message with { Kind = "a member missing", Body = Encoding.UTF8.GetBytes(body.ToJsonString()) };
            case 1:
                body[name.ToUpperInvariant()] = "twice";
                return message with { Kind = "an unknown member", Body = Encoding.UTF8.GetBytes(body.ToJsonString()) };
            default:
                body[name] = "@";
                var value = random.Next(2) == 0
                    ? random.Pick(HostileValues.Json)
                    : JsonValue.Create(random.Pick(HostileValues.Texts))!.ToJsonString();
                return message with
                {
                    Kind = "a member with another value",
                    Body = Encoding.UTF8.GetBytes(body.ToJsonString().Replace("\"@\"", value, StringComparison.Ordinal)),
                };
        }
    }

    private static HostileMessage WithProperty(HostileMessage message, Random random)
    {
        var (properties, text) = (message.Properties, Cut(AnyText(random), 255));
        switch (random.Next(9))
        {
            case 0:
                properties.ClearMessageId();
                properties.Headers!.Remove("NServiceBus.MessageId");
                break;
            case 1:
                properties.MessageId = text;
                break;
            case 2:
                properties.CorrelationId = text;
                break;
            case 3:
                properties.Type = text;
                break;
            case 4:
                properties.ContentType = random.Pick(ContentTypes);
                break;
            case 5:
                properties.ReplyTo = text;
                break;
            case 6:
                properties.ClearHeaders();
                break;
            case 7:
                (properties.AppId, properties.ClusterId, properties.ContentEncoding, properties.Priority) = (text, text, "gzip", 255);
                break;
            default:
                properties.Timestamp = new AmqpTimestamp(random.Pick([0, -1, long.MaxValue, long.MinValue, 253_402_300_800]));
                break;
        }

        return message with { Kind = "another AMQP property" };
    }

    private static HostileMessage WithManyHeaders(HostileMessage message, Random random)
    {
        var (count, size) = random.Pick([(10_000, 5), (1_000, 100), (100, 1_200), (10, 12_000), (2, 60_000)]);
        for (var header = 0; header < count; header++)
        {
            message.Properties.Headers![string.Create(CultureInfo.InvariantCulture, $"h{header}")] = new string('m', size);
        }

        return message with { Kind = "many or long headers" };
    }

    private static HostileMessage WithControlHeaders(HostileMessage message, Random random)
    {
        var headers = message.Properties.Headers!;
        headers.Remove(TypesHeader);
        if (random.Next(4) > 0)
        {
            headers["NServiceBus.ControlMessage"] = random.Pick(["True", "true", "False", "", "x"]);
        }

        foreach (var name in (string[])["RemainingCommitDuration", "CommitDelayIncrement", "CommitDelayAttempt", "TimeSent"])
        {
            if (random.Next(4) > 0)
            {
                headers[$"NServiceBus.TransactionalSession.{name}"] =
                    random.Pick(["00:00:15", "00:00:00", "-00:00:01", "00:00:00.0000001", "1000000.00:00:00", "10675199.02:48:05.4775807",
                        "-10675199.02:48:05.4775808", "1", "x", "", "2147483648"]);
            }
        }

        return message with { Kind = ControlMessage, Body = random.Next(2) == 0 ? [] : message.Body };
    }

    private static HostileMessage WithSagaHeaders(HostileMessage message, Random random)
    {
        var headers = message.Properties.Headers!;
        headers["NServiceBus.MessageIntent"] = random.Pick(["Send", "Reply", "Publish", "Subscribe", "Unsubscribe", "5", "x"]);
        headers["NServiceBus.SagaId"] = random.Pick(
            ["", "x", Guid.Empty.ToString(), new Guid(Bytes(random, 16)).ToString(), new string('1', 300)]);
        headers["NServiceBus.SagaType"] = random.Pick(
            ["ShopSaga.Orders.Lifecycle.OrderLifecycle, ShopSaga.Orders", "ShopSaga.Payments.Charging.PaymentPolicy, ShopSaga.Payments",
             "System.Object", .. HostileTypes]);
        if (random.Next(2) == 0)
        {
            headers["NServiceBus.IsSagaTimeoutMessage"] = "True";
        }

        return message with { Kind = "headers of a saga" };
    }

    private static string AnyText(Random random) => random.Next(4) switch
    {
        0 => new string('x', random.Pick([201, 255, 256, 300, 5_000, 60_000])),
        1 => new string('한', random.Pick([67, 86, 100, 5_000, 30_000])),
        2 => random.Pick(HostileTypes),
        _ => random.Pick(HostileValues.Texts),
    };

    /// <summary>A value of any type that AMQP tables have.</summary>
    private static (string Type, object? Value) AnyValue(Random random, int depth) => random.Next(depth > 3 ? 14 : 16) switch
    {
        0 => ("void", null),
        1 => ("boolean", random.Next(2) == 0),
        2 => ("byte", (byte)random.Next(256)),
        3 => ("signed byte", (sbyte)random.Next(-128, 128)),
        4 => ("short", random.Pick([short.MinValue, (short)0, short.MaxValue])),
        5 => ("unsigned short", random.Pick([ushort.MinValue, ushort.MaxValue])),
        6 => ("int", random.Pick([int.MinValue, -1, 0, int.MaxValue])),
        7 => ("unsigned int", random.Pick([0u, uint.MaxValue])),
        8 => ("long", random.Pick([long.MinValue, -1, long.MaxValue])),
        9 => ("float", random.Pick([0f, float.NaN, float.PositiveInfinity, float.Epsilon])),
        10 => ("double", random.Pick([0d, double.NaN, double.NegativeInfinity, double.MaxValue])),
        11 => ("decimal", random.Pick([0m, 1.5m, -12_345.6789m])),
        12 => ("timestamp", new AmqpTimestamp(random.Pick([0, -1, long.MaxValue]))),
        13 =>
            ("bytes", random.Next(2) == 0 ? Bytes(
                random, random.Pick([0, 1, 10, 1_000, 100_000])) : new BinaryTableValue(Bytes(random, 100))),
        14 when depth == 0 && random.Next(4) == 0 => ("deeply nested lists", Nested(random.Pick([100, 5_000, 20_000]))),
        14 => ("table", Enumerable.Range(0, random.Next(4)).ToDictionary(number => $"k{number}", _ => AnyValue(random, depth + 1).Value)),
        _ => ("list", Enumerable.Range(0, random.Next(4)).Select(_ => AnyValue(random, depth + 1).Value).ToList()),
    };

    private static object Nested(int levels)
    {
        object nested = new List<object?>();
        for (var level = 0; level < levels; level++)
        {
            nested = new List<object?> { nested };
        }

        return nested;
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>At most so many bytes of UTF-8, as short strings of AMQP have.</summary>
    private static string Cut(string text, int maxBytes)
    {
        while (Encoding.UTF8.GetByteCount(text) > maxBytes)
        {
            text = text[..^Math.Max(1, (text.Length - maxBytes) / 2)];
        }

        return text;
    }
}
