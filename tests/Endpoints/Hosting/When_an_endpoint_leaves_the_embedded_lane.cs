using System.Text;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RabbitMQ.Client;
using ShopSaga.Hosting.Lanes;
using ShopSaga.Hosting.Monitoring;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Hosting;

/// <summary>NServiceBus has no poller, so records that the embedded lane has not dispatched need a control message each.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class When_an_endpoint_leaves_the_embedded_lane
{
    private const string Endpoint = "ShopSaga.Test";
    private const string Undispatched = "2bbcdad4-e745-4f7b-bcdf-a56e9ad1bcb7";
    private readonly string _name = $"test_lane_{Guid.NewGuid():N}";
    private string _database = "";
    private string _broker = "";

    [SetUp]
    public async Task Create()
    {
        _database = await TestServers.CreateDatabase(_name);
        _broker = await TestServers.CreateBroker(_name);
        await using var connection = new NpgsqlConnection(_database);
        await connection.ExecuteAsync(
            $"""
             CREATE TABLE "ShopSaga_Test_OutboxData" ("MessageId" varchar(200) PRIMARY KEY, "Dispatched" boolean NOT NULL);
             INSERT INTO "ShopSaga_Test_OutboxData" VALUES ('{Undispatched}', false), ('dispatched', true)
             """);
    }

    [TearDown]
    public async Task Drop()
    {
        await TestServers.DropDatabase(_name);
        await TestServers.DropBroker(_name);
    }

    [Test]
    public async Task Should_send_one_control_message_for_each_undispatched_record_as_the_samples_show_it()
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(_broker) }.CreateConnectionAsync();
        await using var channel = await DeclareQueue(connection);
        await using var database = NpgsqlDataSource.Create(_database);
        using var records = new UndispatchedRecords(
            new MonitoredEndpoint(Endpoint, _broker), database, TimeProvider.System, NullLogger<UndispatchedRecords>.Instance);

        var count = await records.SendControlMessages(CancellationToken.None);

        var message = (await channel.BasicGetAsync(Endpoint, autoAck: true))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(count, Is.EqualTo(1));
            Assert.That(await channel.MessageCountAsync(Endpoint), Is.Zero);
            Assert.That(message.Body.Length, Is.Zero);
            Assert.That(
                Described(message.BasicProperties).Where(line => !IsTime(line)), Is.EquivalentTo(Sample().Where(line => !IsTime(line))));
            Assert.That(Described(message.BasicProperties).Single(IsTime), Does.Match(@"= '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{6} Z'$"));
        }
    }

    /// <summary>An id may have as many characters as the column, which is more than the property of a message has bytes.</summary>
    [Test]
    public async Task Should_announce_a_record_whose_id_is_longer_than_a_short_string()
    {
        var id = new string('한', 200);
        await using var connection = await new ConnectionFactory { Uri = new Uri(_broker) }.CreateConnectionAsync();
        await using var channel = await DeclareQueue(connection);
        await using var database = NpgsqlDataSource.Create(_database);
        await using var renamed = database.CreateCommand(
            $"""UPDATE "ShopSaga_Test_OutboxData" SET "MessageId" = '{id}' WHERE NOT "Dispatched" """);
        await renamed.ExecuteNonQueryAsync();
        using var records = new UndispatchedRecords(
            new MonitoredEndpoint(Endpoint, _broker), database, TimeProvider.System, NullLogger<UndispatchedRecords>.Instance);

        await records.SendControlMessages(CancellationToken.None);

        var message = (await channel.BasicGetAsync(Endpoint, autoAck: true))!;
        Assert.That(message.BasicProperties.MessageId, Is.Not.Empty, "a receiver needs one");
        Assert.That(Encoding.UTF8.GetString((byte[])message.BasicProperties.Headers!["NServiceBus.MessageId"]!), Is.EqualTo(id));
    }

    private static async Task<IChannel> DeclareQueue(IConnection connection)
    {
        var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync(Endpoint, ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync(Endpoint, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(Endpoint, Endpoint, "");
        return channel;
    }

    private static bool IsTime(string line) => line.StartsWith("NServiceBus.TransactionalSession.TimeSent", StringComparison.Ordinal);

    /// <summary>The first message that NServiceBus sent itself at a session's commit.</summary>
    private static List<string> Sample() =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "tests/Bus/Conformance/samples/input-sales.txt")).Skip(1)
            .TakeWhile(line => !line.StartsWith("-- body", StringComparison.Ordinal))
            .Where(line => line.StartsWith("   ", StringComparison.Ordinal)).Select(line => line.Trim()),
    ];

    private static IEnumerable<string> Described(IReadOnlyBasicProperties properties) =>
    [
        $"content_type = '{properties.ContentType}'",
        $"delivery_mode = {(int)properties.DeliveryMode}",
        $"message_id = '{properties.MessageId}'",
        .. properties.Headers!.Select(
            header => header.Value is byte[] text ? $"{header.Key} = '{Encoding.UTF8.GetString(text)}'" : $"{header.Key} = 50"),
    ];
}
