using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_processed_messages_are_audited
{
    [Test]
    public async Task Should_send_a_copy_with_what_processed_it_and_when()
    {
        var name = TestEndpoint.UniqueName();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Accountant>();
                configuration.AuditProcessedMessagesTo($"{name}.audit", TimeSpan.FromMinutes(2));
            },
            name: name);
        await using var audit = await Tap.On($"{name}.audit");
        await Broker.Send(name, new BookEntry(12), "entry 1", new Dictionary<string, string> { ["colour"] = "blue" });
        var copy = await audit.Next();

        Assert.That(Wire.Names(copy), Is.EquivalentTo(new[]
        {
            "$.diagnostics.hostdisplayname",
            "$.diagnostics.hostid",
            "NServiceBus.ContentType",
            "NServiceBus.ConversationId",
            "NServiceBus.EnclosedMessageTypes",
            "NServiceBus.MessageId",
            "NServiceBus.MessageIntent",
            "NServiceBus.ProcessingEnded",
            "NServiceBus.ProcessingEndpoint",
            "NServiceBus.ProcessingMachine",
            "NServiceBus.ProcessingStarted",
            "colour",
        }));
        Assert.That(copy.Headers[Headers.MessageId], Is.EqualTo("entry 1"));
        Assert.That(copy.Properties.MessageId, Is.EqualTo("entry 1"));
        Assert.That(copy.Properties.Expiration, Is.EqualTo("120000"));
        Assert.That(copy.Body, Is.EqualTo("""{"Amount":12}"""));
        Assert.That(copy.Headers[Headers.HostId], Is.EqualTo(TestEndpoint.HostId));
        Assert.That(copy.Headers[Headers.ProcessingEndpoint], Is.EqualTo(name));
        Assert.That(
            Wire.Time(copy.Headers["NServiceBus.ProcessingStarted"]),
            Is.LessThanOrEqualTo(Wire.Time(copy.Headers["NServiceBus.ProcessingEnded"])));
        await Broker.Delete($"{name}.audit");
    }

    [Test]
    public async Task Should_not_audit_what_fails_nor_a_duplicate()
    {
        var name = TestEndpoint.UniqueName();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Accountant>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.AuditProcessedMessagesTo($"{name}.audit");
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            name: name);
        await using var audit = await Tap.On($"{name}.audit");
        await Broker.Send(name, new BookEntry(-1), "wrong");
        await endpoint.NextFailed();
        await Broker.Send(name, new BookEntry(1), "twice");
        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'twice' and \"Dispatched\"") == 1, "marked");
        await Broker.Send(name, new BookEntry(1), "twice");
        await Broker.Send(name, new BookEntry(1), "last");

        Assert.That((await audit.Next()).Headers[Headers.MessageId], Is.EqualTo("twice"));
        Assert.That((await audit.Next()).Headers[Headers.MessageId], Is.EqualTo("last"));
        await Broker.Delete($"{name}.audit");
    }

    [Test]
    public async Task Should_audit_once_what_succeeds_in_the_end()
    {
        var name = TestEndpoint.UniqueName();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Apprentice>();
                configuration.AuditProcessedMessagesTo($"{name}.audit");
            },
            services => services.AddSingleton(new Seen<string>()),
            name);
        await using var audit = await Tap.On($"{name}.audit");
        await Broker.Send(name, new LearnSums(), "first");
        Assert.That((await audit.Next()).Headers[Headers.MessageId], Is.EqualTo("first"));
        await Broker.Send(name, new LearnSums(), "second");

        Assert.That((await audit.Next()).Headers[Headers.MessageId], Is.EqualTo("second"));
        await Broker.Delete($"{name}.audit");
    }

    internal sealed record BookEntry(int Amount);

    internal sealed record LearnSums;

    internal sealed class Apprentice(Seen<string> attempts) : IHandleMessages<LearnSums>
    {
        public Task Handle(LearnSums message, IMessageHandlerContext context)
        {
            attempts.Add(context.MessageId);
            return attempts.Count == 1 ? throw new InvalidOperationException("Wrong.") : Task.CompletedTask;
        }
    }

    internal sealed class Accountant : IHandleMessages<BookEntry>
    {
        public Task Handle(BookEntry message, IMessageHandlerContext context) =>
            message.Amount > 0 ? Task.CompletedTask : throw new InvalidOperationException("Not an amount.");
    }
}
