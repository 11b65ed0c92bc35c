using ShopSaga.Tests.Bus.Support;

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

    internal sealed record AskClerk;

    internal sealed record ClerkAnswer(string Text);

    internal sealed class Clerk : IHandleMessages<AskClerk>
    {
        public Task Handle(AskClerk message, IMessageHandlerContext context) => context.Reply(new ClerkAnswer("yes"));
    }
}
