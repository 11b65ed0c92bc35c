using System.Collections.Concurrent;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The outbox poller, by a clock that the test moves.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class When_a_record_can_never_leave : IAsyncDisposable
{
    private const string Gone = "gone";
    private const string Behind = "behind all others, in any order of reading";
    private readonly FakeTimeProvider _time = TestTime.New();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _refused = new();
    private readonly ConcurrentDictionary<string, int> _dispatched = new();
    private readonly InFlightCounter _inFlight = new();
    private Task _polling = Task.CompletedTask;
    private bool _stopsAtDispatch;
    private string _connection = "";

    [SetUp]
    public async Task StartPoller()
    {
        var name = TestEndpoint.UniqueName().ToLowerInvariant();
        await Servers.CreateDatabase(name);
        _connection = Servers.Postgres(name);
        var settings = new PersistenceExtensions<SqlPersistence>();
        settings.ConnectionBuilder(() => new NpgsqlConnection(_connection));
        var database = new Database(settings, "Relay");
        var outbox = new OutboxStore(database, _time);
        await using (var connection = await database.Open(CancellationToken.None))
        {
            await outbox.Install(connection, CancellationToken.None);
        }

        var poller = new OutboxPoller(
            outbox,
            new OutboxMarker(outbox, _inFlight, NullLogger<OutboxMarker>.Instance),
            Dispatch,
            _inFlight,
            new EndpointHealth(),
            _time,
            NullLogger<OutboxPoller>.Instance);
        _polling = poller.Run(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _polling.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
        await Servers.DropDatabase(new NpgsqlConnectionStringBuilder(_connection).Database!);
    }

    [Test]
    public async Task Should_go_on_at_once_while_there_are_more()
    {
        await Insert(Enumerable.Range(1, 6000).Select(n => $"behind {n:0000}"), "somewhere");
        await PollUntil(() => !_dispatched.IsEmpty);

        await Eventually.Is(() => _dispatched.Count == 6000, "all leave before another second passes");
    }

    [Test]
    public async Task Should_hold_up_no_other_however_many_there_are()
    {
        await Insert(Enumerable.Range(1, 1100).Select(n => $"a stuck one {n:0000}"), Gone);
        await Insert([Behind], "somewhere");
        for (var tried = 100; tried <= 1000; tried += 100)
        {
            await PollUntil(() => _refused.Count >= tried);
        }

        await PollUntil(() => _dispatched.ContainsKey(Behind));
    }

    [Test]
    public async Task Should_be_tried_ever_more_rarely_while_the_others_leave()
    {
        await Insert(Enumerable.Range(1, 3).Select(n => $"a stuck one {n}"), Gone);
        var started = _time.GetUtcNow();
        for (var round = 1; round <= 20; round++)
        {
            var record = $"{Behind} {round}";
            await Insert([record], "somewhere");
            await PollUntil(() => _dispatched.ContainsKey(record));
        }

        var passed = (_time.GetUtcNow() - started).TotalSeconds;
        Assert.That(
            _refused.Values, Has.Count.EqualTo(3).And.All.InRange(2, 2 + Math.Log2(passed + 1)), $"in {passed} s, with pauses that double");
        Assert.That(_dispatched.Values, Has.All.EqualTo(1), "those that can leave do so once");
    }

    [Test]
    public async Task Should_not_be_idle_between_a_tick_and_its_poll()
    {
        for (var round = 1; round <= 200; round++)
        {
            var record = $"{Behind} {round}";
            await Insert([record], "somewhere");
            for (var tick = 0; tick < 2; tick++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                await _inFlight.None;
            }

            Assert.That(_dispatched, Does.ContainKey(record), "seen at the first poll, dispatched at the second");
        }
    }

    [Test]
    public async Task Should_not_disturb_a_stop()
    {
        _stopsAtDispatch = true;
        await Insert(["a stuck one"], Gone);
        await PollUntil(() => _polling.IsCompleted);

        Assert.That(async () => await _polling, Throws.InstanceOf<OperationCanceledException>(), "it ends as it does when nothing fails");
    }

    /// <summary>Lets the poller go on until the condition holds.</summary>
    private Task PollUntil(Func<bool> condition) => Eventually.Is(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        "the poller does what it must");

    private async Task Insert(IEnumerable<string> ids, string destination)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.ExecuteAsync(
            "insert into \"Relay_OutboxData\" (\"MessageId\", \"Operations\") select id, jsonb_build_array(jsonb_build_object("
            + "'MessageId', id, 'Headers', '{}'::jsonb, 'Options', jsonb_build_object('Destination', @destination::text))) from "
            + "unnest(@ids) as id",
            new { ids = ids.ToArray(), destination });
    }

    /// <summary>
    /// The broker takes all but what is sent to a queue that does not exist; a call with such a message in it fails as a whole.
    /// </summary>
    private Task Dispatch(IReadOnlyList<OutgoingOperation> operations, CancellationToken cancellationToken)
    {
        if (_stopsAtDispatch)
        {
            _stop.Cancel();
        }

        if (operations.Any(operation => operation.Destination == Gone))
        {
            if (operations.Count == 1)
            {
                _refused.AddOrUpdate(operations[0].MessageId, 1, (_, count) => count + 1);
            }

            throw new BrokerUnavailableException("There is no such queue.");
        }

        foreach (var operation in operations)
        {
            _dispatched.AddOrUpdate(operation.MessageId, 1, (_, count) => count + 1);
        }

        return Task.CompletedTask;
    }
}
