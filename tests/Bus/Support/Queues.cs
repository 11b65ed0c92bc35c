using RabbitMQ.Client;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A look into the broker's queues.</summary>
internal static class Queues
{
    /// <summary>Messages that wait in the queue, without those a consumer holds.</summary>
    public static async Task<uint> Depth(string queue)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(Servers.RabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await channel.MessageCountAsync(queue);
    }
}
