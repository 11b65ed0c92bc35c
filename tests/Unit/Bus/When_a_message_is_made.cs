namespace ShopSaga.Tests.Unit.Bus;

/// <summary>What is refused when it is sent, and how options may be combined.</summary>
public class When_a_message_is_made
{
    private readonly OutgoingMessages _outgoing = new(
        "Sales",
        "Sales",
        new HostIdentity(null, null),
        new Dictionary<string, string> { [Headers.StartNewTrace] = "False", ["colour"] = "blue" },
        new MessageTypes(new ConventionsBuilder()
            .DefiningEventsAs(type => type == typeof(Placed))
            .DefiningCommandsAs(type => type == typeof(Place))),
        TimeProvider.System);

    [Test]
    public void Should_send_no_event() =>
        Assert.That(
            () => _outgoing.Send(new Placed(), To("Billing"), default),
            Throws.InvalidOperationException.With.Message.Contains("Placed is an event"));

    [Test]
    public void Should_publish_no_command() =>
        Assert.That(
            () => _outgoing.Publish(new Place(), new(), default),
            Throws.InvalidOperationException.With.Message.Contains("Place is a command"));

    [Test]
    public void Should_reply_with_neither_of_them()
    {
        Assert.That(() => Reply(new Placed(), "Billing"), Throws.InvalidOperationException.With.Message.Contains("Placed"));
        Assert.That(() => Reply(new Place(), "Billing"), Throws.InvalidOperationException.With.Message.Contains("Place"));
        Assert.That(Reply(new Answer(), "Billing").Destination, Is.EqualTo("Billing"));
    }

    [Test]
    public void Should_refuse_to_reply_without_an_address() =>
        Assert.That(() => Reply(new Answer(), replyTo: null), Throws.InvalidOperationException.With.Message.Contains("no reply address"));

    [Test]
    public void Should_send_nothing_that_has_nowhere_to_go() =>
        Assert.That(
            () => _outgoing.Send(new Place(), new(), default),
            Throws.InvalidOperationException.With.Message.Contains("No route for Place"));

    [Test]
    public void Should_put_the_endpoints_own_headers_over_all_others()
    {
        var options = new PublishOptions();
        options.SetHeader("colour", "red");
        options.SetHeader("shape", "round");
        var headers = _outgoing.Publish(new Placed(), options, default).Headers;

        Assert.That(headers["colour"], Is.EqualTo("blue"));
        Assert.That(headers["shape"], Is.EqualTo("round"));
        Assert.That(headers[Headers.StartNewTrace], Is.EqualTo("False"), "an event would have True");
    }

    [Test]
    public void Should_begin_a_conversation_with_each_message_of_a_session()
    {
        var first = _outgoing.Send(new Place(), To("Billing"), default).Headers;
        var second = _outgoing.Send(new Place(), To("Billing"), default).Headers;

        Assert.That(second[Headers.ConversationId], Is.Not.EqualTo(first[Headers.ConversationId]));
        Assert.That(first, Does.Not.ContainKey(Headers.RelatedTo));
    }

    [Test]
    public void Should_refuse_a_second_route()
    {
        var here = new SendOptions();
        here.RouteToThisEndpoint();

        Assert.That(() => here.SetDestination("Billing"), Throws.InvalidOperationException);
        Assert.That(() => To("Billing").RouteToThisEndpoint(), Throws.InvalidOperationException.With.Message.Contains("Billing"));
    }

    [Test]
    public void Should_delay_by_a_time_or_until_a_date_but_not_both_nor_into_the_past()
    {
        var after = new SendOptions();
        after.DelayDeliveryWith(TimeSpan.Zero);
        var at = new SendOptions();
        at.DoNotDeliverBefore(DateTimeOffset.UnixEpoch);

        Assert.That(() => after.DoNotDeliverBefore(DateTimeOffset.UnixEpoch), Throws.InvalidOperationException);
        Assert.That(() => at.DelayDeliveryWith(TimeSpan.Zero), Throws.InvalidOperationException);
        Assert.That(() => new SendOptions().DelayDeliveryWith(TimeSpan.FromTicks(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static SendOptions To(string destination)
    {
        var options = new SendOptions();
        options.SetDestination(destination);
        return options;
    }

    private OutgoingOperation Reply(object message, string? replyTo) => _outgoing.Reply(message, new(), new Cause(
        new IncomingMessage
        {
            NativeId = "1",
            MessageId = "1",
            Headers = replyTo is null ? new Dictionary<string, string>() : new() { [Headers.ReplyToAddress] = replyTo },
            Body = default,
            DeliveryAttempt = 1,
        },
        Saga: null));

    private sealed record Place;

    private sealed record Placed;

    private sealed record Answer;
}
