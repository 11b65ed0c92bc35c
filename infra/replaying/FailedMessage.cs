using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Replaying;

/// <summary>A message in the error queue.</summary>
internal sealed class FailedMessage
{
    private const string Failure = "NServiceBus.ExceptionInfo.";

    /// <summary>Prefixes of the headers that a failure adds. ServiceControl removes the same headers when it retries a message.</summary>
    private static readonly string[] FailureHeaders =
        ["NServiceBus.Retries", "NServiceBus.FailedQ", "NServiceBus.TimeOfFailure", Failure, "ServiceControl.EditOf"];

    /// <summary>Further routing keys, by which the broker would route a copy again.</summary>
    private const string CarbonCopies = "CC";
    private const string BlindCarbonCopies = "BCC";

    /// <summary>
    /// Headers that describe a message's path: brokers and clients add them, or route by them. AmqpMapping of infra/bus leaves the same
    /// ones out.
    /// </summary>
    private static readonly string[] TransitHeaders =
    [
        "x-delivery-count", "x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason",
        Constants.PublishSequenceNumberHeader,
        "NServiceBus.Transport.RabbitMQ.DelayInSeconds", "NServiceBus.Transport.RabbitMQ.ConfirmationId",
        "ShopSaga.Bus.EarlierDeliveries", CarbonCopies, BlindCarbonCopies,
    ];

    private readonly Dictionary<string, object?> _headers;

    public FailedMessage(BasicGetResult taken)
    {
        DeliveryTag = taken.DeliveryTag;
        Properties = taken.BasicProperties;
        Body = taken.Body;
        _headers = (taken.BasicProperties.Headers ?? new Dictionary<string, object?>())
            .Where(header => !TransitHeaders.Contains(header.Key)).ToDictionary();
    }

    public ulong DeliveryTag { get; }

    public IReadOnlyBasicProperties Properties { get; }

    /// <summary>The body as sent, usually JSON.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The headers as text, ordered by name.</summary>
    public IEnumerable<(string Name, string Value)> Headers =>
        _headers.OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => (header.Key, Text(header.Value)));

    /// <summary>
    /// The logical id, which retries and replays keep. When two services fail to handle one event, both messages have its id.
    /// </summary>
    public string Id => Header("NServiceBus.MessageId") ?? Properties.MessageId ?? "";

    /// <summary>The queue it failed in; null for a message that could not be read there.</summary>
    public string? FailedQueue => Header("NServiceBus.FailedQ");

    /// <summary>The simple names of the exception and the message type, as in InvalidOperationException/OrderPlaced.</summary>
    public string Group => $"{SimpleName(ExceptionType)}/{SimpleName(MessageType)}";

    /// <summary>The text of the exception; empty when there is none.</summary>
    public string ExceptionMessage => Header(Failure + "Message") ?? "";

    /// <summary>The time of failure as in the header: text that sorts by time.</summary>
    public string FailedAt => Header("NServiceBus.TimeOfFailure") ?? "";

    /// <summary>The full name of the exception's type, or unknown.</summary>
    public string ExceptionType => Header(Failure + "ExceptionType") ?? "unknown";

    /// <summary>The full name of the message's type, or unknown.</summary>
    public string MessageType => (Header("NServiceBus.EnclosedMessageTypes") ?? Properties.Type ?? "unknown").Split(';', ',')[0];

    /// <summary>The properties of a copy: the original ones without the counts of this queue.</summary>
    public BasicProperties Unchanged() => Copy(
        name => name is not ("x-delivery-count" or Constants.PublishSequenceNumberHeader or CarbonCopies or BlindCarbonCopies));

    /// <summary>The properties of the returned message: the original ones without the headers of the failure.</summary>
    public BasicProperties WithoutFailure() => Copy(
        name => !TransitHeaders.Contains(name) && !FailureHeaders.Any(failure => name.StartsWith(failure, StringComparison.Ordinal)));

    private BasicProperties Copy(Func<string, bool> isKept)
    {
        var copy = new BasicProperties(Properties)
        {
            Headers = Properties.Headers?.Where(header => isKept(header.Key)).ToDictionary(),
        };

        // The broker refuses a user id that is not the publisher's.
        copy.ClearUserId();
        return copy;
    }

    private string? Header(string name) => _headers.TryGetValue(name, out var value) && Text(value) is { Length: > 0 } text ? text : null;

    private static string SimpleName(string type) => type[(type.LastIndexOfAny(['.', '+']) + 1)..];

    private static string Text(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
