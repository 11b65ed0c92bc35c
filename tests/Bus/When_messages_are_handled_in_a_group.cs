using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public sealed class When_messages_are_handled_in_a_group
{
    private const int GroupSize = 20;

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

    private static async Task<TestEndpoint> Start()
    {
        var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.HandleInGroupsOf(GroupSize);
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(1))
                    .Delayed(retries => retries.NumberOfRetries(0));
                configuration.AddHandler<Worker>();
            },
            services => services.AddSingleton<Gate>());
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

    internal sealed record EventWork(int Number, bool Fail, bool Hold = false);

    internal sealed class Gate
    {
        public TaskCompletionSource Held { get; } = new();

        public TaskCompletionSource Open { get; } = new();
    }

    internal sealed class Worker(Gate gate) : IHandleMessages<EventWork>
    {
        public async Task Handle(EventWork message, IMessageHandlerContext context)
        {
            if (message.Hold)
            {
                gate.Held.TrySetResult();
                await gate.Open.Task;
                return;
            }

            var session = context.SynchronizedStorageSession.SqlPersistenceSession();
            await using DbCommand command = session.Connection.CreateCommand();
            command.Transaction = session.Transaction;
            command.CommandText = $"INSERT INTO effects VALUES ({message.Number})";
            await command.ExecuteNonQueryAsync();
            if (message.Fail)
            {
                throw new InvalidOperationException($"{message.Number} fails");
            }
        }
    }
}
