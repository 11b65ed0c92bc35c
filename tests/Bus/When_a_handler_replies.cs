using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus;

public class When_a_handler_replies
{
    [Test]
    public async Task Should_send_to_the_reply_address_with_the_headers_of_a_reply()
    {
        await using var endpoint = await TestEndpoint.Start(configuration => configuration.AddHandler<Clerk>());
        await using var client = await Tap.On($"{endpoint.Name}-client");

        await Broker.Send(
            endpoint.Name,
            new AskClerk(),
            "question 1",
            new Dictionary<string, string> { [Headers.ReplyToAddress] = $"{endpoint.Name}-client", [Headers.CorrelationId] = "thread 1" });

        var reply = await client.Next();
        Assert.That(Wire.Names(reply), Is.EquivalentTo(Wire.HeadersFromHandler.Except([Headers.StartNewTrace])));
        Assert.That(reply.Headers[Headers.MessageIntent], Is.EqualTo("Reply"));
        Assert.That(reply.Headers[Headers.RelatedTo], Is.EqualTo("question 1"));
        Assert.That(reply.Headers[Headers.CorrelationId], Is.EqualTo("thread 1"));
        Assert.That(reply.Body, Is.EqualTo("""{"Text":"yes"}"""));

        await Broker.Delete($"{endpoint.Name}-client");
    }

    [Test]
    public async Task Should_refer_to_the_question_by_its_logical_id()
    {
        await using var endpoint = await TestEndpoint.Start(configuration => configuration.AddHandler<Clerk>());
        await using var client = await Tap.On($"{endpoint.Name}-client");
        await Broker.Publish(
            endpoint.Name,
            new BasicProperties { MessageId = "native", ReplyTo = $"{endpoint.Name}-client" },
            new Dictionary<string, string>
            {
                [Headers.MessageId] = "question 2",
                [Headers.EnclosedMessageTypes] = typeof(AskClerk).FullName!,
            },
            "{}");

        var reply = await client.Next();
        Assert.That(reply.Headers[Headers.RelatedTo], Is.EqualTo("question 2"));
        Assert.That(reply.Headers[Headers.CorrelationId], Is.EqualTo("question 2"), "which begins the thread");
        await Broker.Delete($"{endpoint.Name}-client");
    }

    internal sealed record AskClerk;

    internal sealed record ClerkAnswer(string Text);

    internal sealed class Clerk : IHandleMessages<AskClerk>
    {
        public Task Handle(AskClerk message, IMessageHandlerContext context) => context.Reply(new ClerkAnswer("yes"));
    }
}
