using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_request_uses_a_transactional_session
{
    private TestEndpoint _endpoint = null!;
    private Tap _events = null!;

    [SetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(_ => { });
        _events = await Tap.On<EventLetterPosted>();
        await _endpoint.Execute("create table letters (text text unique deferrable initially deferred)");
    }

    [TearDown]
    public async Task Stop()
    {
        await _events.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    [Test]
    public async Task Should_send_rows_and_messages_off_together_at_the_commit()
    {
        await using var request = _endpoint.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.SynchronizedStorageSession.Execute("insert into letters values ('dear')");
        await session.Publish(new EventLetterPosted("dear"));
        Assert.That(await Letters(), Is.Empty, "before the commit");

        await session.Commit();

        Assert.That(await Letters(), Is.EqualTo(new[] { "dear" }));
        var posted = await _events.Next();
        Assert.That(posted.Body, Is.EqualTo("""{"Text":"dear"}"""));
        Assert.That(Wire.Names(posted), Is.EquivalentTo(Wire.HeadersFromHandler.Except([Headers.RelatedTo])));
        await Eventually.Is(
            async () => await _endpoint.Count($"\"MessageId\" = '{session.SessionId}' and \"Dispatched\" and \"Operations\" = '[]'") == 1,
            "the record under the session's id is marked");
    }

    [Test]
    public async Task Should_do_neither_without_a_commit()
    {
        await using (_endpoint.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.SynchronizedStorageSession.Execute("insert into letters values ('dear')");
            await session.Publish(new EventLetterPosted("dear"));
        }

        await PostAnother();
        Assert.That(await Letters(), Is.EqualTo(new[] { "another" }));
        Assert.That((await _events.Next()).Body, Does.Contain("another"));
        Assert.That(_events.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Should_do_neither_when_the_commit_fails()
    {
        await using (_endpoint.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.SynchronizedStorageSession.Execute("insert into letters values ('dear'), ('dear')");
            await session.Publish(new EventLetterPosted("dear"));
            Assert.That(() => session.Commit(), Throws.InstanceOf<Npgsql.PostgresException>());
        }

        await PostAnother();
        Assert.That(await Letters(), Is.EqualTo(new[] { "another" }));
        Assert.That((await _events.Next()).Body, Does.Contain("another"));
        Assert.That(_events.Count, Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Should_not_take_for_committed_what_the_database_has_given_up_already(bool sends)
    {
        await using var request = _endpoint.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.SynchronizedStorageSession.Execute("insert into letters values ('dear')");
        if (sends)
        {
            await session.Publish(new EventLetterPosted("dear"));
        }

        Assert.That(
            () => session.SynchronizedStorageSession.Execute("insert into nowhere values (1)"),
            Throws.InstanceOf<Npgsql.PostgresException>());
        Assert.That(() => session.Commit(), Throws.InstanceOf<Npgsql.PostgresException>(), "the request did not mind");
        Assert.That(await Letters(), Is.Empty);
    }

    [Test]
    public async Task Should_write_no_record_when_nothing_is_sent()
    {
        await using var request = _endpoint.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.SynchronizedStorageSession.Execute("insert into letters values ('dear')");
        await session.Commit();

        Assert.That(await Letters(), Is.EqualTo(new[] { "dear" }));
        Assert.That(await _endpoint.Count("true"), Is.Zero);
    }

    [Test]
    public async Task Should_be_good_for_one_use()
    {
        await using var request = _endpoint.NewRequest(out var session);
        Assert.That(() => session.Publish(new EventLetterPosted("early")), Throws.InvalidOperationException);
        Assert.That(() => session.SynchronizedStorageSession, Throws.InvalidOperationException);

        await session.Open(new SqlPersistenceOpenSessionOptions());
        Assert.That(() => session.Open(new SqlPersistenceOpenSessionOptions()), Throws.InvalidOperationException);
        await session.Commit();

        Assert.That(() => session.Publish(new EventLetterPosted("late")), Throws.InvalidOperationException);
        Assert.That(() => session.Commit(), Throws.InvalidOperationException);
        Assert.That(_events.Count, Is.Zero);
    }

    private async Task PostAnother()
    {
        await using var request = _endpoint.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.SynchronizedStorageSession.Execute("insert into letters values ('another')");
        await session.Publish(new EventLetterPosted("another"));
        await session.Commit();
    }

    private Task<IReadOnlyList<string>> Letters() => _endpoint.QueryAll<string>("select text from letters");

    internal sealed record EventLetterPosted(string Text);
}
