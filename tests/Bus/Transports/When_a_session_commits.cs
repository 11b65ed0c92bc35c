using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Transports;

[TestFixture(TransportKind.RabbitMq)]
[TestFixture(TransportKind.InMemory)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_session_commits(TransportKind transport)
{
    private readonly ITestBroker _broker = transport.NewBroker();
    private readonly Seen<string> _heard = new();
    private TestEndpoint _endpoint = null!;

    [SetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Listener>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
            },
            services => services.AddSingleton(_heard),
            broker: _broker);
        await _endpoint.Execute("create table letters (text text unique)");
    }

    [TearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_let_its_messages_leave_after_the_commit_and_not_before()
    {
        await using var request = _endpoint.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await Write(session, "dear");
        await Sentinel();
        Assert.That(_heard.All, Has.None.EqualTo("dear"), "what was sent before is heard before");

        await session.Commit();
        Assert.That(await _heard.Next(), Is.EqualTo("dear"));
        Assert.That(await _endpoint.QueryAll<string>("select text from letters"), Is.EqualTo(new[] { "dear" }));
        await Eventually.Is(
            async () => await _endpoint.Count($"\"MessageId\" = '{session.SessionId}' and \"Dispatched\" and \"Operations\" = '[]'") == 1,
            "marked");
    }

    [Test]
    public async Task Should_send_nothing_when_it_is_rolled_back()
    {
        await using (_endpoint.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await Write(session, "dear");
        }

        await AssertNothingHappened();
    }

    [Test]
    public async Task Should_send_nothing_when_the_commit_fails()
    {
        await using (_endpoint.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.Publish(new EventLetterWritten("dear"));
            await session.SynchronizedStorageSession.Execute("insert into letters values ('dear')");
            Assert.That(
                () => session.SynchronizedStorageSession.Execute("insert into no_such_table values (1)"),
                Throws.InstanceOf<PostgresException>());
            Assert.That(() => session.Commit(), Throws.InstanceOf<PostgresException>(), "the transaction is aborted");
        }

        await AssertNothingHappened();
    }

    private static async Task Write(ITransactionalSession session, string text)
    {
        await session.SynchronizedStorageSession.Execute("insert into letters values (@text)", new { text });
        await session.Publish(new EventLetterWritten(text));
    }

    private async Task AssertNothingHappened()
    {
        await Sentinel();
        Assert.That(_heard.Count, Is.EqualTo(1));
        Assert.That(await _endpoint.QueryAll<string>("select text from letters"), Is.Empty);
        Assert.That(await _endpoint.Count("not \"Dispatched\""), Is.Zero);
    }

    /// <summary>Another message, which is heard after all that were sent before.</summary>
    private async Task Sentinel()
    {
        await _endpoint.Session.Publish(new EventLetterWritten("sentinel"));
        Assert.That(await _heard.Next(), Is.EqualTo("sentinel"));
    }

    internal sealed record EventLetterWritten(string Text);

    internal sealed class Listener(Seen<string> heard) : IHandleMessages<EventLetterWritten>
    {
        public Task Handle(EventLetterWritten message, IMessageHandlerContext context)
        {
            heard.Add(message.Text);
            return Task.CompletedTask;
        }
    }
}
