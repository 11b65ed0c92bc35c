using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus;

/// <summary>An operator retries a message in ServicePulse, where it must then show as resolved.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_ServiceControl_sends_a_message_again
{
    private const string Queue = "ServiceControl.Retry.AcknowledgementQueue";
    private const string UniqueId = "ServiceControl.Retry.UniqueMessageId";
    private readonly string _name = TestEndpoint.UniqueName();
    private readonly Seen<string> _handled = new();
    private TestEndpoint _endpoint = null!;
    private Tap _audit = null!;
    private Tap _acknowledgements = null!;

    [SetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Watchmaker>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.AuditProcessedMessagesTo($"{_name}.audit");
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(_handled),
            _name);
        _audit = await Tap.On($"{_name}.audit");
        _acknowledgements = await Tap.On($"{_name}.acknowledgements");
    }

    [TearDown]
    public async Task Stop()
    {
        await _audit.DisposeAsync();
        await _acknowledgements.DisposeAsync();
        await _endpoint.DisposeAsync();
        await Broker.Delete($"{_name}.audit", $"{_name}.acknowledgements");
    }

    [Test]
    public async Task Should_tell_it_when_the_message_is_processed_and_say_in_the_audit_that_it_was_told()
    {
        await Retry("watch", "entry 1");
        var told = await _acknowledgements.Next();

        Assert.That(Wire.Names(told), Is.EquivalentTo(new[]
        {
            "NServiceBus.ControlMessage",
            "NServiceBus.TimeSent",
            "NServiceBus.Version",
            "ServiceControl.Retry.Successful",
            "ServiceControl.Retry.UniqueMessageId",
        }));
        Assert.That(told.Headers[UniqueId], Is.EqualTo("entry 1"));
        Assert.That(told.Headers["ServiceControl.Retry.Successful"], Does.Match(Wire.Timestamp));
        Assert.That(told.Headers[Headers.ControlMessageHeader], Is.EqualTo("True"));
        Assert.That(told.Body, Is.Empty);
        var copy = await _audit.Next();
        Assert.That(copy.Headers["ServiceControl.Retry.AcknowledgementSent"], Is.EqualTo("true"));
        Assert.That(copy.Properties.MessageId, Is.EqualTo("watch"), "the message's own id, not that of the retry");
    }

    [Test]
    public async Task Should_tell_it_of_a_message_that_was_processed_before()
    {
        await Retry("watch", "entry 1");
        await _acknowledgements.Next();
        await Retry("watch", "entry 1");
        await _acknowledgements.Next();

        Assert.That(_handled.All, Is.EqualTo(new[] { "watch" }));
    }

    [Test]
    public async Task Should_tell_it_nothing_of_a_message_that_fails_again_and_keep_what_leads_to_its_entry()
    {
        await Retry("broken watch", "entry 1");
        var failed = await _endpoint.NextFailed();
        await Retry("watch", "entry 2");

        Assert.That((await _acknowledgements.Next()).Headers[UniqueId], Is.EqualTo("entry 2"));
        Assert.That(failed.Headers[UniqueId], Is.EqualTo("entry 1"));
        Assert.That(failed.Headers[Queue], Is.EqualTo($"{_name}.acknowledgements"));
        Assert.That(failed.Properties.MessageId, Is.EqualTo("broken watch"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Data.Transport message ID"], Is.EqualTo("retry of broken watch"));
    }

    [Test]
    public async Task Should_tell_it_nothing_of_a_message_that_was_edited()
    {
        await Send(
            "edited watch",
            new Dictionary<string, string> { [Queue] = $"{_name}.acknowledgements", ["ServiceControl.EditOf"] = "entry 1" });
        await Retry("watch", "entry 2");

        Assert.That((await _audit.Next()).Headers, Does.Not.ContainKey("ServiceControl.Retry.AcknowledgementSent"));
        Assert.That((await _acknowledgements.Next()).Headers[UniqueId], Is.EqualTo("entry 2"));
    }

    private Task Retry(string id, string entry) => Send(
        id, new Dictionary<string, string> { [Queue] = $"{_name}.acknowledgements", [UniqueId] = entry });

    /// <summary>As ServiceControl does: with an AMQP id of its own.</summary>
    private Task Send(string id, Dictionary<string, string> headers) => Broker.Publish(
        _name,
        new BasicProperties { MessageId = $"retry of {id}" },
        headers.Append(new(Headers.MessageId, id)).Append(new(Headers.EnclosedMessageTypes, typeof(WindWatch).FullName!)).ToDictionary(),
        "{}");

    internal sealed record WindWatch;

    internal sealed class Watchmaker(Seen<string> handled) : IHandleMessages<WindWatch>
    {
        public Task Handle(WindWatch message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            return context.MessageId == "broken watch" ? throw new InvalidOperationException("It does not tick.") : Task.CompletedTask;
        }
    }
}
