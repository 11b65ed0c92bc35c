using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>A message with everything that the broker knows of it, recorded by either lane.</summary>
internal sealed record WireMessage(
    string Exchange,
    string RoutingKey,
    IReadOnlyDictionary<string, string> Properties,
    IReadOnlyDictionary<string, string> Headers,
    byte[] Body)
{
    /// <summary>Simple name of the first enclosed type, or an empty string.</summary>
    public string Type => Headers.TryGetValue("NServiceBus.EnclosedMessageTypes", out var types)
        ? MessageTypes.FullName(types.Split(';')[0]).Split('.')[^1]
        : "";

    public static WireMessage Of(Delivery delivery) =>
        new(delivery.Exchange, delivery.RoutingKey, PropertiesOf(delivery.Properties), delivery.Headers, delivery.Bytes);

    private static Dictionary<string, string> PropertiesOf(IReadOnlyBasicProperties properties)
    {
        var present = new (bool Present, string Name, object? Value)[]
        {
            (properties.IsAppIdPresent(), "app_id", properties.AppId),
            (properties.IsContentEncodingPresent(), "content_encoding", properties.ContentEncoding),
            (properties.IsContentTypePresent(), "content_type", properties.ContentType),
            (properties.IsCorrelationIdPresent(), "correlation_id", properties.CorrelationId),
            (properties.IsDeliveryModePresent(), "delivery_mode", (int)properties.DeliveryMode),
            (properties.IsExpirationPresent(), "expiration", properties.Expiration),
            (properties.IsMessageIdPresent(), "message_id", properties.MessageId),
            (properties.IsPriorityPresent(), "priority", properties.Priority),
            (properties.IsReplyToPresent(), "reply_to", properties.ReplyTo),
            (properties.IsTimestampPresent(), "timestamp", properties.Timestamp.UnixTime),
            (properties.IsTypePresent(), "type", properties.Type),
            (properties.IsUserIdPresent(), "user_id", properties.UserId),
        };
        return present.Where(property => property.Present).ToDictionary(property => property.Name, property => $"{property.Value}");
    }
}
