using RabbitMQ.Client;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>Reads a queue's state over a connection of its own: AMQP closes the channel when the queue is missing.</summary>
internal static class BrokerQueue
{
    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">There is no such queue.</exception>
    public static async Task<QueueDeclareOk> StateOf(string broker, string queue, CancellationToken cancellationToken)
    {
        await using var connection = await BrokerAddress.FactoryFor(broker).CreateConnectionAsync($"{queue} check", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await channel.QueueDeclarePassiveAsync(queue, cancellationToken);
    }
}
