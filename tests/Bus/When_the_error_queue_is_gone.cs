using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_the_error_queue_is_gone
{
    [Test]
    public async Task Should_keep_what_cannot_be_read_until_it_is_back()
    {
        await using var endpoint = await TestEndpoint.Start(_ => { });
        var errorQueue = endpoint.ErrorQueue;
        await Broker.Delete(errorQueue);

        await Broker.Publish(endpoint.Name, new BasicProperties { AppId = "somebody" }, new Dictionary<string, string>(), "not for us");
        await using (var channel = await Broker.NewChannel())
        {
            await channel.QueueDeclareAsync(
                errorQueue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
            await channel.ExchangeDeclareAsync(errorQueue, ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(errorQueue, errorQueue, "");
        }

        Assert.That((await endpoint.NextFailed()).Body, Is.EqualTo("not for us"));
    }
}
