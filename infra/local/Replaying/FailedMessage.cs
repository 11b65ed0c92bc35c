using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Local.Replaying;

/// <summary>A message as it lies in the error queue.</summary>
internal sealed class FailedMessage
{
    public const string Failure = "NServiceBus.ExceptionInfo.";

    /// <summary>What a failure has added, by the first letters: with these gone, the message is as it was before. ServiceControl removes the same.</summary>
    private static readonly string[] OfTheFailure =
        ["NServiceBus.Retries", "NServiceBus.FailedQ", "NServiceBus.TimeOfFailure", Failure, "ServiceControl.EditOf"];

    /// <summary>What brokers and clients note on the way.</summary>
    private static readonly string[] OfTheWay =
    [
        "x-delivery-count", "x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason", Constants.PublishSequenceNumberHeader,
        "NServiceBus.Transport.RabbitMQ.DelayInSeconds", "NServiceBus.Transport.RabbitMQ.ConfirmationId",
    ];

    private readonly Dictionary<string, object?> _headers;

    public FailedMessage(BasicGetResult taken)
    {
        DeliveryTag = taken.DeliveryTag;
        Properties = taken.BasicProperties;
        Body = taken.Body;
        _headers = (taken.BasicProperties.Headers ?? new Dictionary<string, object?>())
            .Where(header => !OfTheWay.Contains(header.Key)).ToDictionary();
    }

    public ulong DeliveryTag { get; }

    public IReadOnlyBasicProperties Properties { get; }

    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>As text, by name.</summary>
    public IEnumerable<(string Name, string Value)> Headers =>
        _headers.OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => (header.Key, Text(header.Value)));

    /// <summary>The logical id, which retries and replays keep. Two services that failed with the same event show it twice.</summary>
    public string Id => Header("NServiceBus.MessageId") ?? Properties.MessageId ?? "";

    /// <summary>The queue it failed in, and goes back to; null for a message that could not even be read there.</summary>
    public string? FailedQueue => Header("NServiceBus.FailedQ");

    /// <summary>The exception and the message by their simple names, as in InvalidOperationException/OrderPlaced.</summary>
    public string Group => $"{SimpleName(ExceptionType)}/{SimpleName(MessageType)}";

    public string ExceptionMessage => Header(Failure + "Message") ?? "";

    /// <summary>As in the header: text that sorts by time.</summary>
    public string FailedAt => Header("NServiceBus.TimeOfFailure") ?? "";

    private string ExceptionType => Header(Failure + "ExceptionType") ?? "unknown";

    private string MessageType => (Header("NServiceBus.EnclosedMessageTypes") ?? Properties.Type ?? "unknown").Split(';', ',')[0];

    /// <summary>The properties with which it returns: all it has, without what the failure added to its headers.</summary>
    public BasicProperties WithoutFailure() => new(Properties)
    {
        Headers = _headers
            .Where(header => !OfTheFailure.Any(name => header.Key.StartsWith(name, StringComparison.Ordinal)))
            .ToDictionary(),
    };

    private string? Header(string name) => _headers.TryGetValue(name, out var value) && Text(value) is { Length: > 0 } text ? text : null;

    private static string SimpleName(string type) => type[(type.LastIndexOfAny(['.', '+']) + 1)..];

    private static string Text(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
