using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Tests.Bus.Conformance;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>Control messages as the other lane sent them to commit a transactional session, by a clock that the test moves.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_session_of_the_other_lane_commits
{
    private const string Prefix = "NServiceBus.TransactionalSession.";
    private static readonly WireMessage[] Recorded =
        [.. Samples.Messages("input-sales.txt").Where(message => message.Headers.ContainsKey(Prefix + "RemainingCommitDuration"))];

    private static readonly string SessionId = Recorded[0].Headers[Headers.MessageId];
    private readonly FakeTimeProvider _time = TestTime.New();
    private readonly Seen<string> _handled = new();
    private InMemoryBroker _broker = null!;
    private TestEndpoint _endpoint = null!;

    [SetUp]
    public async Task Start()
    {
        _broker = new InMemoryBroker(_time, seed: 1);
        _endpoint = await TestEndpoint.Start(
            configuration => configuration.AddHandler<Gardener>(),
            services => services.AddSingleton(_handled).AddSingleton<TimeProvider>(_time),
            broker: new InMemory(_broker));
    }

    [TearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_ask_again_with_growing_delays_until_no_time_remains_and_then_refuse_the_commit()
    {
        SendControlMessage(Recorded[0]);
        var started = _time.GetUtcNow();
        var asked = new List<double>();
        while (true)
        {
            Assert.That(await _broker.DeliverNext(), Is.True);
            asked.Add((_time.GetUtcNow() - started).TotalSeconds);
            if (_broker.NextDue is not { } next)
            {
                break;
            }

            Assert.That(await _endpoint.Count("true"), Is.Zero, "no record while time remains");
            _time.SetUtcNow(next);
        }

        Assert.That(asked, Is.EqualTo(new[] { 0.0, 4, 12, 15 }));
        Assert.That(
            await _endpoint.Count($"\"MessageId\" = '{SessionId}' and \"Dispatched\" and \"Operations\" = '[]'"),
            Is.EqualTo(1),
            "a tombstone");
        Assert.That(
            Commit,
            Throws.InstanceOf<Npgsql.PostgresException>().With.Property("SqlState").EqualTo(Npgsql.PostgresErrorCodes.UniqueViolation));
        Assert.That(_handled.Count, Is.Zero);
    }

    [Test]
    public async Task Should_dispatch_what_is_committed_in_time_and_ask_no_more()
    {
        SendControlMessage(Recorded[0]);
        Assert.That(await _broker.DeliverNext(), Is.True);
        await Commit();
        _time.SetUtcNow(_broker.NextDue!.Value);
        Assert.That(await _broker.DeliverNext(), Is.True);
        Assert.That(await _broker.DeliverNext(), Is.True);

        Assert.That(_handled.All, Is.EqualTo(new[] { "oak" }));
        Assert.That(await _broker.DeliverNext(), Is.False);
        Assert.That(_broker.NextDue, Is.Null);
        Assert.That(await _endpoint.Count("not \"Dispatched\""), Is.Zero);
    }

    [Test]
    public async Task Should_dispatch_once_when_the_control_message_comes_twice()
    {
        await Commit();
        SendControlMessage(Recorded[0]);
        SendControlMessage(Recorded[1]);
        while (await _broker.DeliverNext())
        {
        }

        Assert.That(_handled.All, Is.EqualTo(new[] { "oak" }));
        Assert.That(_broker.NextDue, Is.Null);
    }

    [Test]
    public void Should_ask_again_as_the_other_lane_did()
    {
        var again = Ask(Recorded[0].Headers.ToDictionary())!;

        foreach (var header in new[] { "RemainingCommitDuration", "CommitDelayIncrement", "CommitDelayAttempt" })
        {
            Assert.That(again.Headers[Prefix + header], Is.EqualTo(Recorded[1].Headers[Prefix + header]), header);
        }

        Assert.That(again.Headers.Where(IsCopied), Is.EquivalentTo(Recorded[0].Headers.Where(IsCopied)));
        Assert.That(
            again.Headers[Prefix + "TimeSent"], Does.Match(Wire.Timestamp).And.Not.EqualTo(Recorded[0].Headers[Prefix + "TimeSent"]));
        Assert.That(again.MessageId, Is.EqualTo(Recorded[1].Properties["message_id"]));
        Assert.That($"{again.Delay?.TotalSeconds:0}", Is.EqualTo(Recorded[1].Headers["NServiceBus.Transport.RabbitMQ.DelayInSeconds"]));
        Assert.That(again.Destination, Is.EqualTo("here"));
    }

    [TestCase("00:00:15", "00:00:02", "1", "00:00:04", "00:00:11", "2")]
    [TestCase("00:00:11", "00:00:04", "2", "00:00:08", "00:00:03", "3")]
    [TestCase("00:00:03", "00:00:08", "3", "00:00:03", "00:00:00", "4", Description = "bounded by what remains")]
    [TestCase("00:00:04", "00:00:02", "1", "00:00:04", "00:00:00", "2")]
    [TestCase("00:00:15", "00:00:02", "many", "00:00:04", "00:00:11", "2", Description = "the first, if it does not say")]
    [TestCase("00:00:15", "00:00:00", "1", "00:00:15", "00:00:00", "2", Description = "an increment of nothing must not ask for ever")]
    [TestCase("00:00:15", "-00:00:02", "1", "00:00:15", "00:00:00", "2")]
    [TestCase("00:00:15", "10675199.02:48:05.4775807", "1", "00:00:15", "00:00:00", "2", Description = "the longest there is")]
    public void Should_double_the_increment(
        string remaining, string increment, string attempt, string delay, string thenRemaining, string thenAttempt)
    {
        var again = Ask(ControlHeaders(remaining, increment, attempt))!;

        Assert.That(again.Delay, Is.EqualTo(TimeSpan.Parse(delay, CultureInfo.InvariantCulture)));
        Assert.That(again.Headers[Prefix + "CommitDelayIncrement"], Is.EqualTo(delay));
        Assert.That(again.Headers[Prefix + "RemainingCommitDuration"], Is.EqualTo(thenRemaining));
        Assert.That(again.Headers[Prefix + "CommitDelayAttempt"], Is.EqualTo(thenAttempt));
    }

    [TestCase("00:00:00", "00:00:02")]
    [TestCase("-00:00:01", "00:00:02")]
    [TestCase("soon", "00:00:02")]
    [TestCase("00:00:15", "")]
    public void Should_not_ask_again_when_no_time_remains_or_it_cannot_be_read(string remaining, string increment) =>
        Assert.That(Ask(ControlHeaders(remaining, increment, "1")), Is.Null);

    private static bool IsCopied(KeyValuePair<string, string> header) => !header.Key.StartsWith(Prefix, StringComparison.Ordinal);

    private static Dictionary<string, string> ControlHeaders(string remaining, string increment, string attempt) => new(Recorded[0].Headers)
    {
        [Prefix + "RemainingCommitDuration"] = remaining,
        [Prefix + "CommitDelayIncrement"] = increment,
        [Prefix + "CommitDelayAttempt"] = attempt,
    };

    private static OutgoingOperation? Ask(Dictionary<string, string> headers) => CommitControl.Postponed(
        new IncomingMessage
        {
            NativeId = headers[Headers.MessageId],
            MessageId = headers[Headers.MessageId],
            Headers = headers,
            Body = ReadOnlyMemory<byte>.Empty,
            DeliveryAttempt = 1,
        },
        "here",
        TimeProvider.System);

    private void SendControlMessage(WireMessage recorded) => _broker.Store(new OutgoingOperation
    {
        MessageId = recorded.Properties["message_id"],
        Headers = recorded.Headers.ToDictionary(),
        Body = recorded.Body,
        Destination = _endpoint.Name,
    });

    /// <summary>What the other lane's commit does after it has sent the control message.</summary>
    private Task Commit() => _endpoint.Execute(
        $"insert into \"{_endpoint.OutboxTable}\" (\"MessageId\", \"Operations\", \"PersistenceVersion\") values (@SessionId, "
            + "@operations::jsonb, '9.0.3.0')",
        new
        {
            SessionId,
            operations = $$$"""
                [{
                  "MessageId": "plant 1",
                  "Headers": {
                    "NServiceBus.MessageId": "plant 1",
                    "NServiceBus.MessageIntent": "Send",
                    "NServiceBus.EnclosedMessageTypes": "{{{typeof(Plant).AssemblyQualifiedName}}}"
                  },
                  "Body": "{{{Convert.ToBase64String("""{"Kind":"oak"}"""u8)}}}",
                  "Options": { "Destination": "{{{_endpoint.Name}}}" }
                }]
                """,
        });

    internal sealed record Plant(string Kind);

    internal sealed class Gardener(Seen<string> handled) : IHandleMessages<Plant>
    {
        public Task Handle(Plant message, IMessageHandlerContext context)
        {
            handled.Add(message.Kind);
            return Task.CompletedTask;
        }
    }
}
