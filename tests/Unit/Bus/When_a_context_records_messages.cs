namespace ShopSaga.Tests.Unit.Bus;

public class When_a_context_records_messages
{
    private readonly TestableMessageHandlerContext _context = new();

    [Test]
    public async Task Should_record_what_is_sent_published_and_replied_apart()
    {
        await _context.SendLocal(new Chore("paint"));
        await _context.Send("Elsewhere", new Chore("sweep"));
        await _context.Publish(new Fact("painted"));
        await _context.Reply(new Answer("yes"));

        Assert.That(_context.SentMessages.Select(sent => sent.Message), Is.EqualTo(new[] { new Chore("paint"), new Chore("sweep") }));
        Assert.That(_context.SentMessages[0].Options.IsRoutingToThisEndpoint());
        Assert.That(_context.SentMessages[1].Options.Destination, Is.EqualTo("Elsewhere"));
        Assert.That(_context.PublishedMessages.Single().Message, Is.EqualTo(new Fact("painted")));
        Assert.That(_context.RepliedMessages.Single().Message, Is.EqualTo(new Answer("yes")));
        Assert.That(_context.TimeoutMessages, Is.Empty);
    }

    [Test]
    public async Task Should_record_a_timeout_as_sent_and_as_timeout()
    {
        var within = new SendOptions();
        within.SetHeader(Headers.IsSagaTimeoutMessage, "True");
        within.DelayDeliveryWith(TimeSpan.FromMinutes(15));
        await _context.Send(new Chore("wake up"), within);
        var due = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var at = new SendOptions();
        at.SetHeader(Headers.IsSagaTimeoutMessage, "True");
        at.DoNotDeliverBefore(due);
        await _context.Send(new Chore("go to bed"), at);

        Assert.That(_context.SentMessages, Has.Length.EqualTo(2));
        Assert.That(
            _context.TimeoutMessages.Select(timeout => timeout.Within), Is.EqualTo(new TimeSpan?[] { TimeSpan.FromMinutes(15), null }));
        Assert.That(_context.TimeoutMessages.Select(timeout => timeout.At), Is.EqualTo(new DateTimeOffset?[] { null, due }));
    }

    [Test]
    public async Task Should_find_the_first_of_a_type_or_nothing()
    {
        Assert.That(_context.FindPublishedMessage<Fact>(), Is.Null);
        Assert.That(_context.FindTimeoutMessage<Chore>(), Is.Null);

        await _context.Publish(new Fact("first"));
        await _context.Publish(new Fact("second"));
        await _context.SendLocal(new Chore("paint"));
        await _context.Reply(new Answer("yes"));

        Assert.That(_context.FindPublishedMessage<Fact>(), Is.EqualTo(new Fact("first")));
        Assert.That(_context.FindSentMessage<Chore>(), Is.EqualTo(new Chore("paint")));
        Assert.That(_context.RepliedMessages.Single().Message, Is.EqualTo(new Answer("yes")));
        Assert.That(_context.FindSentMessage<Fact>(), Is.Null);
    }

    [Test]
    public void Should_show_the_handler_what_the_test_set()
    {
        using var stop = new CancellationTokenSource();
        _context.MessageId = "the id";
        _context.ReplyToAddress = "the sender";
        _context.MessageHeaders["colour"] = "blue";
        _context.CancellationToken = stop.Token;

        IMessageHandlerContext seen = _context;

        Assert.That(seen.MessageId, Is.EqualTo("the id"));
        Assert.That(seen.ReplyToAddress, Is.EqualTo("the sender"));
        Assert.That(seen.MessageHeaders["colour"], Is.EqualTo("blue"));
        Assert.That(seen.CancellationToken, Is.EqualTo(stop.Token));
    }

    [Test]
    public void Should_give_each_context_a_message_id_of_its_own()
    {
        Assert.That(new TestableMessageHandlerContext().MessageId, Is.Not.Empty.And.Not.EqualTo(_context.MessageId));
        Assert.That(_context.ReplyToAddress, Is.EqualTo("reply address"));
    }

    [Test]
    public async Task Should_record_on_a_session_too()
    {
        var session = new TestableMessageSession();
        await session.Publish(new Fact("painted"));
        await session.SendLocal(new Chore("paint"));

        Assert.That(session.PublishedMessages.Single().Message, Is.EqualTo(new Fact("painted")));
        Assert.That(session.SentMessages.Single().Message, Is.EqualTo(new Chore("paint")));
    }

    private sealed record Chore(string What);

    private sealed record Fact(string What);

    private sealed record Answer(string What);
}
