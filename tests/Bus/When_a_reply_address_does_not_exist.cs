using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The handler has committed, and then the broker refuses what it sent.</summary>
public class When_a_reply_address_does_not_exist
{
    [Test]
    public async Task Should_keep_what_was_committed_and_send_it_when_the_failed_message_is_returned_later()
    {
        await using var endpoint = await TestEndpoint.Start(configuration =>
        {
            configuration.AddHandler<Postman>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(1));
        });
        await endpoint.Execute("create table rings (n int)");
        var missing = $"{endpoint.Name}-missing";
        await Broker.Send(endpoint.Name, new RingBell(), "ring", new Dictionary<string, string> { [Headers.ReplyToAddress] = missing });
        var failed = await endpoint.NextFailed();
        Assert.That(
            await endpoint.QueryAll<int>("select n from rings"), Has.Count.EqualTo(1), "handled and committed once, in spite of the retry");
        Assert.That(await endpoint.Count("\"MessageId\" = 'ring' and not \"Dispatched\""), Is.EqualTo(1));

        await using var created = await Tap.On(missing);
        await Broker.Publish(endpoint.Name, new RabbitMQ.Client.BasicProperties { MessageId = "ring" }, failed.Headers, failed.Body);

        Assert.That((await created.Next()).Headers[Headers.RelatedTo], Is.EqualTo("ring"));
        Assert.That(await endpoint.QueryAll<int>("select n from rings"), Has.Count.EqualTo(1));
        await Broker.Delete(missing);
    }

    internal sealed record RingBell;

    internal sealed record BellAnswer;

    internal sealed class Postman : IHandleMessages<RingBell>
    {
        public async Task Handle(RingBell message, IMessageHandlerContext context)
        {
            await context.Execute("insert into rings values (1)");
            await context.Reply(new BellAnswer());
        }
    }
}
