using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Transports;

[TestFixture(TransportKind.RabbitMq)]
[TestFixture(TransportKind.InMemory)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_messages_are_carried(TransportKind transport)
{
    private readonly ITestBroker _broker = transport.NewBroker();
    private readonly Seen<string> _seen = new();

    [Test]
    public async Task Should_handle_what_is_sent_once()
    {
        await using var post = await Start<Postman>();
        await using var office = await Start<Clerk>();
        for (var number = 1; number <= 20; number++)
        {
            await office.Session.Send(new Carry(number), To(post.Name));
        }

        await Eventually.Is(async () => await post.Count("\"Dispatched\"") == 20, "all are handled");
        Assert.That(
            _seen.All.Where(seen => seen.StartsWith("carry", StringComparison.Ordinal)),
            Is.EquivalentTo(Enumerable.Range(1, 20).Select(number => $"carry {number}")));
        Assert.That(await _broker.Depth(post.Name), Is.Zero);
    }

    [Test]
    public async Task Should_give_an_event_to_every_subscriber_of_its_type_and_of_its_base_types()
    {
        await using var exact = await Start<ExactReader>();
        await using var general = await Start<BaseReader>();
        await using var marked = await Start<InterfaceReader>();
        await using var both = await Start<ReaderOfAll>();
        await exact.Session.Publish(new EventLetterRead("dear"));
        var expected = new[] { "exact", "base", "interface", "all: exact", "all: base", "all: interface" };
        await Eventually.Is(() => _seen.Count == expected.Length, "all have read it");

        // An endpoint that subscribes to several of the types has one queue, and gets one copy.
        Assert.That(_seen.All, Is.EquivalentTo(expected));
        foreach (var endpoint in new[] { exact, general, marked, both })
        {
            await Eventually.Is(async () => await endpoint.Count("true") > 0, $"{endpoint.Name} has committed");
            Assert.That(await endpoint.Count("true"), Is.EqualTo(1), endpoint.Name);
        }
    }

    [Test]
    public async Task Should_give_an_event_only_to_subscribers()
    {
        await using var exact = await Start<ExactReader>();
        await using var general = await Start<BaseReader>();
        await exact.Session.Publish(new EventPaperRead());
        Assert.That(await _seen.Next(), Is.EqualTo("base"));
        await exact.Session.Publish(new EventLetterRead("after"));
        await Eventually.Is(() => _seen.Count == 3, "both have read what came after");

        Assert.That(_seen.All.Count(reader => reader == "exact"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_reply_to_the_sender_with_what_it_sent()
    {
        await using var post = await Start<Postman>();
        await using var office = await Start<Clerk>();
        await office.Session.Send(new Carry(7), To(post.Name));

        Assert.That(await _seen.Next(), Is.EqualTo("carry 7"));
        Assert.That(await _seen.Next(), Is.EqualTo($"carried 7 by {post.Name}"));
    }

    [Test]
    public async Task Should_refuse_what_is_sent_to_a_queue_that_does_not_exist()
    {
        await using var office = await Start<Clerk>();

        Assert.That(() => office.Session.Send(new Carry(1), To("nowhere")), Throws.InstanceOf<BrokerUnavailableException>());
    }

    [Test]
    public async Task Should_keep_in_the_outbox_what_a_session_sent_to_a_queue_that_does_not_exist_until_it_does()
    {
        await using var office = await Start<Clerk>();
        var late = TestEndpoint.UniqueName();
        await using (office.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.Send(new Carry(1), To(late));
            await session.Commit();
        }

        // Another session's messages leave meanwhile.
        await using (office.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.SendLocal(new Stamp());
            await session.Commit();
        }

        Assert.That(await _seen.Next(), Is.EqualTo("stamp"));
        await Eventually.Is(
            async () => await office.Count("not \"Dispatched\" and \"Operations\" <> '[]'") == 1, "the stamp's record is marked");
        await using var post = await TestEndpoint.Start(
            configuration => configuration.AddHandler<Postman>(), services => services.AddSingleton(_seen), late, broker: _broker);
        Assert.That(await _seen.Next(), Is.EqualTo("carry 1"));
        await Eventually.Is(async () => await office.Count("not \"Dispatched\"") == 0, "the record is marked");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Should_not_deliver_a_delayed_message_before_its_time(bool asDate)
    {
        await using var office = await Start<Clerk>();
        var options = new SendOptions();
        options.RouteToThisEndpoint();
        if (asDate)
        {
            options.DoNotDeliverBefore(TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1));
        }
        else
        {
            options.DelayDeliveryWith(TimeSpan.FromSeconds(1));
        }

        await office.Session.Send(new Remind(), options);
        await office.Session.SendLocal(new Stamp());

        Assert.That(await _seen.Next(), Is.EqualTo("stamp"), "what is sent later arrives earlier");
        Assert.That(await _seen.Next(), Is.EqualTo("remind in time"));
    }

    [Test]
    public async Task Should_handle_a_message_once_that_arrives_often()
    {
        // One at a time and in order, so that all copies are settled once the last message is handled; those only fetched may go back at a
        // stop.
        await using var office = await Start<Clerk>(concurrency: 1);
        for (var number = 1; number <= 5; number++)
        {
            await Task.WhenAll(Enumerable.Range(1, 4).Select(_ => _broker.Send(office.Name, new Stamp(), $"stamp {number}")));
        }

        await _broker.Send(office.Name, new Stamp(), "last stamp");
        await Eventually.Is(async () => await office.Count("\"MessageId\" = 'last stamp'") == 1, "the last is handled");
        await office.Stop();
        Assert.That(await office.QueryAll<string>("select what from effects"), Has.Count.EqualTo(6));
        Assert.That(await _broker.Depth(office.Name), Is.Zero, "all copies are acknowledged");
    }

    private static SendOptions To(string destination)
    {
        var options = new SendOptions();
        options.SetDestination(destination);
        return options;
    }

    private async Task<TestEndpoint> Start<THandler>(int concurrency = 2)
        where THandler : class, IHandleMessages
    {
        var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<THandler>();
                configuration.LimitMessageProcessingConcurrencyTo(concurrency);
                configuration.Conventions().DefiningEventsAs(type => type.Name.Contains("Event", StringComparison.Ordinal));
            },
            services => services.AddSingleton(_seen),
            broker: _broker);
        await endpoint.Execute("create table effects (what text)");
        return endpoint;
    }

    internal sealed record Carry(int Number);

    internal sealed record Carried(int Number);

    internal sealed record Stamp;

    internal sealed record Remind;

    internal interface IEventRead;

    internal record EventPaperRead;

    internal sealed record EventLetterRead(string Text) : EventPaperRead, IEventRead;

    internal sealed class Postman(Seen<string> seen) : IHandleMessages<Carry>
    {
        public Task Handle(Carry message, IMessageHandlerContext context)
        {
            seen.Add($"carry {message.Number}");
            return context.MessageHeaders.ContainsKey(Headers.ReplyToAddress)
                ? context.Reply(new Carried(message.Number))
                : Task.CompletedTask;
        }
    }

    internal sealed class Clerk(Seen<string> seen) : IHandleMessages<Carried>, IHandleMessages<Stamp>, IHandleMessages<Remind>
    {
        public Task Handle(Carried message, IMessageHandlerContext context)
        {
            seen.Add($"carried {message.Number} by {context.MessageHeaders[Headers.OriginatingEndpoint]}");
            return Task.CompletedTask;
        }

        public Task Handle(Stamp message, IMessageHandlerContext context)
        {
            seen.Add("stamp");
            return context.Execute("insert into effects values ('stamp')");
        }

        public Task Handle(Remind message, IMessageHandlerContext context)
        {
            var isInTime = TimeProvider.System.GetUtcNow() >= Wire.Time(context.MessageHeaders[Headers.DeliverAt]);
            seen.Add(isInTime ? "remind in time" : "remind too early");
            return Task.CompletedTask;
        }
    }

    internal sealed class ExactReader(Seen<string> seen) : IHandleMessages<EventLetterRead>
    {
        public Task Handle(EventLetterRead message, IMessageHandlerContext context) => Reading(seen, "exact");
    }

    internal sealed class BaseReader(Seen<string> seen) : IHandleMessages<EventPaperRead>
    {
        public Task Handle(EventPaperRead message, IMessageHandlerContext context) => Reading(seen, "base");
    }

    internal sealed class InterfaceReader(Seen<string> seen) : IHandleMessages<IEventRead>
    {
        public Task Handle(IEventRead message, IMessageHandlerContext context) => Reading(seen, "interface");
    }

    internal sealed class ReaderOfAll(Seen<string> seen) :
        IHandleMessages<EventLetterRead>, IHandleMessages<EventPaperRead>, IHandleMessages<IEventRead>
    {
        public Task Handle(EventLetterRead message, IMessageHandlerContext context) => Reading(seen, "all: exact");

        public Task Handle(EventPaperRead message, IMessageHandlerContext context) => Reading(seen, "all: base");

        public Task Handle(IEventRead message, IMessageHandlerContext context) => Reading(seen, "all: interface");
    }

    private static Task Reading(Seen<string> seen, string reader)
    {
        seen.Add(reader);
        return Task.CompletedTask;
    }
}
