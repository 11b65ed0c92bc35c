using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>What an operator does with the error queue: every message goes back to the queue it failed in.</summary>
internal static class Replay
{
    private const string FailedQueue = "NServiceBus.FailedQ";

    public static async Task All()
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(RunningSystem.Stack.BrokerAddress) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        while (await channel.BasicGetAsync(Tap.Error, autoAck: false) is { } message)
        {
            var properties = new BasicProperties(message.BasicProperties);
            var queue = Encoding.UTF8.GetString((byte[])properties.Headers![FailedQueue]!);
            properties.Headers.Remove(FailedQueue);
            await channel.BasicPublishAsync(queue, "", mandatory: true, properties, message.Body);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false);
        }
    }
}
