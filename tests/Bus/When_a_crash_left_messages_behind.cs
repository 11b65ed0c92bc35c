using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>
/// A committed record whose messages have not left, as a crash between commit and dispatch leaves it, written by either lane.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_crash_left_messages_behind
{
    private readonly Seen<string> _handled = new();
    private TestEndpoint _endpoint = null!;
    private Tap _events = null!;

    [SetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration => configuration.AddHandler<PlantTree>(),
            services => services.AddSingleton(_handled));
        _events = await Tap.On<EventTreePlanted>();
        await _endpoint.Stop();
    }

    [TearDown]
    public async Task Stop()
    {
        await _events.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    [Test]
    public async Task Should_dispatch_them_after_the_start()
    {
        await LeaveBehind("a session");
        await _endpoint.Start();

        var planted = await _events.Next();
        Assert.That(planted.Headers[Headers.MessageId], Is.EqualTo("planted 1"));
        Assert.That(planted.Headers["left"], Is.EqualTo("behind"));
        Assert.That(planted.Body, Is.EqualTo("""{"Kind":"oak"}"""));
        Assert.That(await _handled.Next(), Is.EqualTo("water oak"), "the message to itself");
        await Eventually.Is(
            async () => await _endpoint.Count("\"MessageId\" = 'a session' and \"Dispatched\" and \"Operations\" = '[]'") == 1, "marked");
        Assert.That(_events.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Should_dispatch_them_without_handling_again_when_the_message_is_delivered_again()
    {
        await LeaveBehind("plant 1");
        await Broker.Send(_endpoint.Name, new Plant("oak"), "plant 1");
        await _endpoint.Start();

        Assert.That((await _events.Next()).Headers[Headers.MessageId], Is.EqualTo("planted 1"));
        await Eventually.Is(async () => await _endpoint.Count("\"MessageId\" = 'plant 1' and \"Dispatched\"") == 1, "marked");
        Assert.That(_handled.All, Has.None.EqualTo("plant oak"));
    }

    [Test]
    public async Task Should_dispatch_the_others_when_one_cannot_be_dispatched()
    {
        await _endpoint.Execute(
            $"""
            insert into "{_endpoint.OutboxTable}" ("MessageId", "Operations") values
                ('unknown type', '[{"{"}"MessageId": "1", "Headers": {"{}"}, "Options": {"{"}"EventType": "Gone.Long, Ago"{"}"}{"}"}]'),
                ('missing queue',
                 '[{"{"}"MessageId": "2", "Headers": {"{}"}, "Options": {"{"}"Destination": "{_endpoint.Name}-gone"{"}"}{"}"}]')
            """);
        await LeaveBehind("a session");
        await _endpoint.Start();

        Assert.That((await _events.Next()).Headers[Headers.MessageId], Is.EqualTo("planted 1"));
        await Eventually.Is(async () => await _endpoint.Count("\"MessageId\" = 'a session' and \"Dispatched\"") == 1, "marked");
        Assert.That(await _endpoint.Count("not \"Dispatched\""), Is.EqualTo(2), "the others stay until an operator repairs them");
    }

    [Test]
    public async Task Should_understand_the_control_message_with_which_the_other_lane_commits_a_session()
    {
        await LeaveBehind("a session");
        await Broker.Publish(
            _endpoint.Name,
            new RabbitMQ.Client.BasicProperties { MessageId = "a session" },
            new Dictionary<string, string>
            {
                [Headers.MessageId] = "a session",
                [Headers.ControlMessageHeader] = "True",
                ["NServiceBus.TransactionalSession.RemainingCommitDuration"] = "00:00:15",
                ["NServiceBus.TransactionalSession.CommitDelayIncrement"] = "00:00:02",
                ["NServiceBus.TransactionalSession.CommitDelayAttempt"] = "1",
                ["NServiceBus.TransactionalSession.TimeSent"] = "2026-11-22 06:00:40:821127 Z",
            },
            "");
        await _endpoint.Start();

        Assert.That((await _events.Next()).Headers[Headers.MessageId], Is.EqualTo("planted 1"));
        await Eventually.Is(async () => await _endpoint.Count("\"MessageId\" = 'a session' and \"Dispatched\"") == 1, "marked");
    }

    /// <summary>As the other lane writes it: indented, keys in any order.</summary>
    private Task LeaveBehind(string messageId) => _endpoint.Execute(
        $"insert into \"{_endpoint.OutboxTable}\" (\"MessageId\", \"Operations\", \"PersistenceVersion\") values (@messageId, "
            + "@operations::jsonb, '9.0.0.0')",
        new
        {
            messageId,
            operations = $$"""
                [
                  {
                    "Options": { "EventType": "{{typeof(EventTreePlanted).AssemblyQualifiedName}}" },
                    "MessageId": "planted 1",
                    "Headers": {
                      "NServiceBus.MessageId": "planted 1",
                      "NServiceBus.MessageIntent": "Publish",
                      "NServiceBus.EnclosedMessageTypes": "{{typeof(EventTreePlanted).AssemblyQualifiedName}}",
                      "left": "behind"
                    },
                    "Body": "{{Base64("""{"Kind":"oak"}""")}}"
                  },
                  {
                    "MessageId": "water 1",
                    "Body": "{{Base64("""{"Kind":"oak"}""")}}",
                    "Headers": {
                      "NServiceBus.MessageId": "water 1",
                      "NServiceBus.MessageIntent": "Send",
                      "NServiceBus.EnclosedMessageTypes": "{{typeof(Water).AssemblyQualifiedName}}"
                    },
                    "Options": { "Destination": "{{_endpoint.Name}}", "DelayDeliveryFor": "00:00:01" }
                  }
                ]
                """,
        });

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    internal sealed record Plant(string Kind);

    internal sealed record Water(string Kind);

    internal sealed record EventTreePlanted(string Kind);

    internal sealed class PlantTree(Seen<string> handled) : IHandleMessages<Plant>, IHandleMessages<Water>
    {
        public Task Handle(Plant message, IMessageHandlerContext context)
        {
            handled.Add($"plant {message.Kind}");
            return context.Publish(new EventTreePlanted(message.Kind));
        }

        public Task Handle(Water message, IMessageHandlerContext context)
        {
            handled.Add($"water {message.Kind}");
            return Task.CompletedTask;
        }
    }
}
