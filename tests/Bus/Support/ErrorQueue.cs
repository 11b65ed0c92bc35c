using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>Takes messages out of an endpoint's error queue.</summary>
internal static class ErrorQueue
{
    public static async Task<Delivery> NextFailed(this TestEndpoint endpoint)
    {
        await using var channel = await Broker.NewChannel();
        var taken = await Eventually.Get(
            () => channel.BasicGetAsync(endpoint.ErrorQueue, autoAck: true), message => message is not null, $"a message in {endpoint.ErrorQueue}");
        return Delivery.Of(new BasicDeliverEventArgs(
            "", taken!.DeliveryTag, taken.Redelivered, taken.Exchange, taken.RoutingKey, taken.BasicProperties, taken.Body));
    }
}
