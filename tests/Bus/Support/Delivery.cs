using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A message as the broker hands it out.</summary>
/// <param name="Properties">AMQP properties.</param>
/// <param name="Headers">Headers as text, without the client's own.</param>
/// <param name="Body">The body as text.</param>
/// <param name="Exchange">The exchange it was published to.</param>
/// <param name="RoutingKey">The key it was published with.</param>
internal sealed record Delivery(
    IReadOnlyBasicProperties Properties, IReadOnlyDictionary<string, string> Headers, string Body, string Exchange, string RoutingKey)
{
    public byte[] Bytes { get; private init; } = [];

    public static Delivery Of(BasicDeliverEventArgs delivered) => new(
        new BasicProperties(delivered.BasicProperties),
        (delivered.BasicProperties.Headers ?? new Dictionary<string, object?>())
            .Where(header => header.Key != Constants.PublishSequenceNumberHeader)
            .ToDictionary(header => header.Key, header => header.Value is byte[] text ? Encoding.UTF8.GetString(text) : $"{header.Value}"),
        Encoding.UTF8.GetString(delivered.Body.Span),
        delivered.Exchange,
        delivered.RoutingKey)
    {
        Bytes = delivered.Body.ToArray(),
    };
}
