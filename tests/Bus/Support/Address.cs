using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A queue and an exchange of one name, as an endpoint has them, but without a consumer.</summary>
internal sealed class Address(string name) : IAsyncDisposable
{
    public string Name => name;

    public static async Task<Address> New()
    {
        var address = new Address(TestEndpoint.UniqueName());
        await using var channel = await Broker.NewChannel();
        await channel.QueueDeclareAsync(
            address.Name,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await channel.ExchangeDeclareAsync(address.Name, ExchangeType.Fanout, durable: true);
        await channel.QueueBindAsync(address.Name, address.Name, "");
        return address;
    }

    /// <summary>Waits for a number of messages, and takes them.</summary>
    public async Task<IReadOnlyList<Delivery>> Take(int count)
    {
        await using var channel = await Broker.NewChannel();
        var taken = new List<Delivery>();
        while (taken.Count < count)
        {
            var next = await Eventually.Get(
                () => channel.BasicGetAsync(Name, autoAck: true),
                message => message is not null,
                $"message {taken.Count + 1} of {count} in {Name}");
            taken.Add(Delivery.Of(new BasicDeliverEventArgs(
                "", next!.DeliveryTag, next.Redelivered, next.Exchange, next.RoutingKey, next.BasicProperties, next.Body)));
        }

        return taken;
    }

    /// <summary>Waits until the queue is empty.</summary>
    public Task IsEmpty() => Eventually.Get(() => Broker.Depth(Name), depth => depth == 0, $"{Name} is empty");

    public async ValueTask DisposeAsync() => await Broker.Delete(Name);
}
