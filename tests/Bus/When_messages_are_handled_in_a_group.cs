using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public sealed class When_messages_are_handled_in_a_group
{
    private const int GroupSize = 20;

    /// <summary>A group is handled again without the one that fails, so often and no more.</summary>
    private const int GroupAttempts = 3;

    [Test]
    public async Task Should_commit_all_but_the_one_that_fails()
    {
        await using var endpoint = await Start();
        await HandleTogether(
            endpoint, Enumerable.Range(1, GroupSize).Select(i => (Id: $"message-{i}", Work: new EventWork(i, Fail: i == 7))));

        await Eventually.Is(async () => await Rows(endpoint) == GroupSize - 1, "the others are handled");
        await Eventually.Is(async () => await Broker.Depth(endpoint.Name + ".error") == 1, "the failing one is in the error queue");
        Assert.That(await Effects(endpoint), Is.EquivalentTo(Enumerable.Range(1, GroupSize).Where(i => i != 7)));
    }

    [Test]
    public async Task Should_handle_a_message_a_few_times_at_most_however_many_of_the_others_fail()
    {
        const int Sound = 1;
        await using var endpoint = await Start();

        // The sound one is handled first, so it is handled again with each of the others that fails.
        await HandleTogether(
            endpoint, Enumerable.Range(1, GroupSize).Select(i => (Id: $"message-{i}", Work: new EventWork(i, Fail: i != Sound))));

        await Eventually.Is(
            async () => await Broker.Depth(endpoint.Name + ".error") == GroupSize - 1, "the failing ones are in the error queue");
        await Eventually.Is(async () => await Rows(endpoint) == 1, "the other one is handled");
        var attempts = endpoint.Services.GetRequiredService<Seen<int>>().All.CountBy(number => number).ToDictionary();
        Assert.That(attempts[Sound], Is.LessThanOrEqualTo(1 + GroupAttempts), "with the others, and then alone");
        Assert.That(attempts.Values, Has.All.LessThanOrEqualTo((1 + GroupAttempts) * 2), "the failing ones have a retry each");
    }

    [Test]
    public async Task Should_handle_two_copies_of_a_message_once()
    {
        await using var endpoint = await Start();
        await HandleTogether(
            endpoint, Enumerable.Range(0, GroupSize).Select(i => (Id: $"message-{i / 2}", Work: new EventWork(i / 2, Fail: false))));

        await Eventually.Is(async () => await Broker.Depth(endpoint.Name) == 0, "the queue is empty");
        await Eventually.Is(async () => await Rows(endpoint) == GroupSize / 2, "each is handled");
        Assert.That(await Effects(endpoint), Is.EquivalentTo(Enumerable.Range(0, GroupSize / 2)));
    }

    [Test]
    public async Task Should_handle_each_alone_when_the_group_cannot_commit()
    {
        await using var endpoint = await Start();

        // The deferred constraint fails at the commit, long after the savepoint of the message that broke it.
        await HandleTogether(
            endpoint, Enumerable.Range(1, GroupSize).Select(i => (Id: $"message-{i}", Work: new EventWork(i == 7 ? -7 : i, Fail: false))));

        await Eventually.Is(async () => await Rows(endpoint) == GroupSize - 1, "the others are handled");
        await Eventually.Is(
            async () => await Broker.Depth(endpoint.Name + ".error") == 1, "the one that cannot commit is in the error queue");
        Assert.That(await Effects(endpoint), Is.EquivalentTo(Enumerable.Range(1, GroupSize).Where(i => i != 7)));
    }

    [Test]
    public async Task Should_store_all_that_they_send_in_one_record_and_send_it_after_an_interruption()
    {
        var interrupted = 0;
        await using var events = await Tap.On<EventDone>();
        await using var endpoint = await Start(configuration => configuration.AtCrashPoint = (point, message) =>
            point == CrashPoint.Committed && message == "message-20" && Interlocked.Exchange(ref interrupted, 1) == 0
                ? throw new InvalidOperationException("Interrupted")
                : Task.CompletedTask);
        await CountOperations(endpoint);

        await HandleTogether(
            endpoint, Enumerable.Range(1, GroupSize).Select(i => (Id: $"message-{i}", Work: new EventWork(i, Fail: false, Tell: true))));

        await Eventually.Is(() => events.All.Count >= GroupSize, "all events have left");
        Assert.That(events.All.Select(done => done.Body).Distinct().Count(), Is.EqualTo(GroupSize));
        Assert.That(await endpoint.QueryAll<int>("select operations from stored"), Is.EqualTo(new[] { GroupSize }));
        Assert.That(interrupted, Is.EqualTo(1));
        Assert.That(await Effects(endpoint), Is.EquivalentTo(Enumerable.Range(1, GroupSize)));
        await Eventually.Is(async () => await endpoint.Count("not \"Dispatched\"") == 0, "the record is marked");
    }

    [Test]
    public async Task Should_store_large_messages_in_records_of_64_KiB_at_most()
    {
        const int Bytes = 30_000;
        await using var events = await Tap.On<EventDone>();
        await using var endpoint = await Start();
        await CountOperations(endpoint);

        await HandleTogether(
            endpoint,
            Enumerable.Range(1, GroupSize)
                .Select(i => (Id: $"message-{i}", Work: new EventWork(i, Fail: false, Tell: true, Bytes: Bytes))));

        await Eventually.Is(() => events.All.Count >= GroupSize, "all events have left");
        Assert.That(await endpoint.QueryAll<int>("select operations from stored"), Is.EqualTo(Enumerable.Repeat(2, GroupSize / 2)));
    }

    /// <summary>Keeps how many operations each record had when it was stored.</summary>
    private static Task CountOperations(TestEndpoint endpoint) => Execute(endpoint, $"""
        create table stored (operations int);
        create function keep() returns trigger language plpgsql as
            'begin insert into stored values (jsonb_array_length(new."Operations")); return new; end';
        create trigger keep after insert on "{endpoint.OutboxTable}" for each row when (not new."Dispatched") execute function keep();
        """);

    private static async Task<TestEndpoint> Start(Action<EndpointConfiguration>? configure = null)
    {
        var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configure?.Invoke(configuration);
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.HandleInGroupsOf(GroupSize);
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(1))
                    .Delayed(retries => retries.NumberOfRetries(0));
                configuration.AddHandler<Worker>();
            },
            services => services.AddSingleton<Gate>().AddSingleton<Seen<int>>());
        await Execute(
            endpoint,
            """
            CREATE TABLE positive (number int PRIMARY KEY);
            INSERT INTO positive SELECT generate_series(0, 100);
            CREATE TABLE effects (number int REFERENCES positive DEFERRABLE INITIALLY DEFERRED);
            """);
        return endpoint;
    }

    /// <summary>Holds the only worker with one message until the others wait behind it.</summary>
    private static async Task HandleTogether(TestEndpoint endpoint, IEnumerable<(string Id, EventWork Work)> messages)
    {
        var gate = endpoint.Services.GetRequiredService<Gate>();
        await endpoint.Session.Publish(new EventWork(0, Fail: false, Hold: true));
        await gate.Held.Task;
        foreach (var (id, work) in messages)
        {
            var options = new PublishOptions();
            options.SetMessageId(id);
            await endpoint.Session.Publish(work, options);
        }

        await Eventually.Is(async () => await Broker.Depth(endpoint.Name) == 0, "all are handed to the endpoint");
        gate.Open.SetResult();
    }

    private static async Task<long> Rows(TestEndpoint endpoint) => (await Effects(endpoint)).Count;

    private static async Task<List<int>> Effects(TestEndpoint endpoint)
    {
        await using var connection = new NpgsqlConnection(endpoint.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT number FROM effects", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var numbers = new List<int>();
        while (await reader.ReadAsync())
        {
            numbers.Add(reader.GetInt32(0));
        }

        return numbers;
    }

    private static async Task Execute(TestEndpoint endpoint, string sql)
    {
        await using var connection = new NpgsqlConnection(endpoint.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    internal sealed record EventWork(int Number, bool Fail, bool Hold = false, bool Tell = false, int Bytes = 0);

    internal sealed record EventDone(int Number, string Text = "");

    internal sealed class Gate
    {
        public TaskCompletionSource Held { get; } = new();

        public TaskCompletionSource Open { get; } = new();
    }

    internal sealed class Worker(Gate gate, Seen<int> attempts) : IHandleMessages<EventWork>
    {
        public async Task Handle(EventWork message, IMessageHandlerContext context)
        {
            if (message.Hold)
            {
                gate.Held.TrySetResult();
                await gate.Open.Task;
                return;
            }

            attempts.Add(message.Number);
            var session = context.SynchronizedStorageSession.SqlPersistenceSession();
            await using DbCommand command = session.Connection.CreateCommand();
            command.Transaction = session.Transaction;
            command.CommandText = $"INSERT INTO effects VALUES ({message.Number})";
            await command.ExecuteNonQueryAsync();
            if (message.Tell)
            {
                await context.Publish(new EventDone(message.Number, new string('x', message.Bytes)));
            }

            if (message.Fail)
            {
                throw new InvalidOperationException($"{message.Number} fails");
            }
        }
    }
}
