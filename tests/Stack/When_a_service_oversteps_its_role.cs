using Dapper;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using ShopSaga.Local.Layout;

namespace ShopSaga.Tests.Stack;

/// <summary>What an attacker can do who controls a service's database and broker users.</summary>
public class When_a_service_oversteps_its_role
{
    private static readonly string[] WithDatabase =
        [.. Topology.Services.Where(service => service.Database is not null).Select(service => service.Name)];

    private static readonly string[] OnTheBus = [.. Topology.Services.Where(service => service.IsOnTheBus).Select(service => service.Name)];

    [TestCaseSource(nameof(WithDatabase))]
    public async Task Should_not_change_its_schema(string service)
    {
        await using var database = new NpgsqlConnection(RunningSystem.Stack.ConnectionString(service));
        var table = await database.ExecuteScalarAsync<string>(
            "select quote_ident(tablename) from pg_tables where schemaname = 'public' order by 1 limit 1");

        string[] statements =
        [
            "create table mine (id int)", "create temporary table mine (id int)", "create schema mine", "create role mine",
            $"drop table {table}", $"truncate {table}", $"alter table {table} add mine int", $"create index on {table} ((1))",
            $"create trigger mine before insert on {table} execute function suppress_redundant_updates_trigger()",
            $"set role {Topology.Find(service).Database!.Owner}", "alter system set fsync = off", "copy (select 1) to program 'true'",
        ];
        foreach (var statement in statements)
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(statement), statement);
            Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), $"{statement}: {refused.MessageText}");
        }
    }

    [TestCase("update entries set amount = 1")]
    [TestCase("delete from entries")]
    [TestCase("update daily_settlements set total_amount = 1")]
    [TestCase("delete from monthly_settlements")]
    [TestCase("delete from differences")]
    [TestCase("delete from reconciliations")]
    public async Task Should_not_change_what_is_in_the_ledger(string statement)
    {
        await using var database = new NpgsqlConnection(RunningSystem.Stack.ConnectionString("Settlement"));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(statement));

        Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), refused.MessageText);
    }

    [TestCaseSource(nameof(WithDatabase))]
    public async Task Should_open_no_database_but_its_own(string service)
    {
        foreach (var other in Topology.Services.Where(other => other.Database is not null && other.Name != service))
        {
            var address = new NpgsqlConnectionStringBuilder(RunningSystem.Stack.ConnectionString(service))
            {
                Database = other.Database!.Name,
                Pooling = false,
            };
            var refused = await Assert.ThrowsAsync<PostgresException>(
                () => new NpgsqlConnection(address.ConnectionString).OpenAsync(), other.Name);
            Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        }
    }

    [TestCaseSource(nameof(OnTheBus))]
    public async Task Should_not_use_the_queues_and_events_of_others(string service)
    {
        await using var connection = await Connect(service);
        var own = Topology.Find(service);
        foreach (var other in Topology.Services.Where(other => other.IsOnTheBus && other.Name != service))
        {
            await Refused(
                connection, channel => channel.BasicConsumeAsync(other.Assembly, autoAck: false, new AsyncDefaultConsumer(channel)));
            await Refused(connection, channel => channel.QueuePurgeAsync(other.Assembly));
            await Refused(connection, channel => channel.QueueDeleteAsync(other.Assembly));
            await Refused(
                connection,
                channel => channel.BasicPublishAsync(other.Assembly, "", mandatory: true, new BasicProperties(), default).AsTask());
            await Refused(connection, channel => channel.QueueBindAsync(own.Assembly, other.Assembly, ""));
            foreach (var name in other.Publishes)
            {
                var exchange = $"ShopSaga.Contracts.{other.Name}:{name}";
                await Refused(
                    connection,
                    channel => channel.BasicPublishAsync(exchange, "", mandatory: false, new BasicProperties(), default).AsTask());
                await Refused(connection, channel => channel.ExchangeDeleteAsync(exchange));
                if (!own.ReactsTo.Contains(name))
                {
                    await Refused(connection, channel => channel.ExchangeBindAsync(own.Assembly, exchange, ""));
                }
            }
        }
    }

    [TestCaseSource(nameof(OnTheBus))]
    public async Task Should_neither_hear_all_messages_nor_reach_other_endpoints_by_shared_exchanges(string service)
    {
        await using var connection = await Connect(service);
        var queue = Topology.Find(service).Assembly;
        var noDelay = string.Concat(Enumerable.Repeat("0.", 28));
        string[] delays = ["nsb.v2.delay-delivery", "nsb.v2.delay-level-00", "nsb.v2.delay-level-03", "nsb.v2.delay-level-27"];
        foreach (var source in (string[])["System:Object", "System:IEquatable`1", .. delays, "error", "audit"])
        {
            await Refused(connection, channel => channel.QueueBindAsync(queue, source, "#"));
            await Refused(connection, channel => channel.ExchangeBindAsync(queue, source, "#"));
            await Refused(connection, channel => channel.ExchangeDeleteAsync(source));
        }

        foreach (var other in Topology.Services.Where(other => other.IsOnTheBus && other.Name != service))
        {
            await Refused(connection, channel => channel.ExchangeBindAsync(queue, delays[0], $"#.{other.Assembly}"));
            foreach (var exchange in delays)
            {
                var key = noDelay + other.Assembly;
                await Refused(
                    connection,
                    channel => channel.BasicPublishAsync(exchange, key, mandatory: true, new BasicProperties(), default).AsTask());
            }
        }

        foreach (var name in (string[])["error", "audit", .. delays[1..]])
        {
            await Refused(connection, channel => channel.BasicGetAsync(name, autoAck: false));
            await Refused(connection, channel => channel.BasicConsumeAsync(name, autoAck: false, new AsyncDefaultConsumer(channel)));
            await Refused(connection, channel => channel.QueuePurgeAsync(name));
            await Refused(connection, channel => channel.QueueDeleteAsync(name));
        }
    }

    [TestCaseSource(nameof(OnTheBus))]
    public async Task Should_still_delay_messages_to_itself(string service)
    {
        await using var connection = await Connect(service);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var queue = Topology.Find(service).Assembly;

        // Four years are long enough to remove the message.
        await channel.ExchangeBindAsync(queue, "nsb.v2.delay-delivery", $"#.{queue}");
        var fourYears = "1." + string.Concat(Enumerable.Repeat("0.", 27)) + queue;
        await channel.BasicPublishAsync("nsb.v2.delay-level-27", fourYears, mandatory: true, new BasicProperties(), default);

        var factory = new ConnectionFactory { Uri = new Uri(RunningSystem.Stack.BrokerAddress) };
        await using var administrator = await factory.CreateConnectionAsync();
        await using var purging = await administrator.CreateChannelAsync();
        Assert.That(await purging.QueuePurgeAsync("nsb.v2.delay-level-27"), Is.EqualTo(1));
    }

    private static Task<IConnection> Connect(string service) => new ConnectionFactory
    {
        Uri = new Uri(RunningSystem.Stack.BrokerAddressOf(service)),
        AutomaticRecoveryEnabled = false,
    }.CreateConnectionAsync();

    private static async Task Refused(IConnection connection, Func<IChannel, Task> overstep)
    {
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var closed = new TaskCompletionSource<ushort>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult(reason.ReplyCode);
            return Task.CompletedTask;
        };
        Assert.That(async () => await overstep(channel), Throws.InstanceOf<RabbitMQClientException>());
        Assert.That(await closed.Task, Is.EqualTo(403));
    }

    private sealed class AsyncDefaultConsumer(IChannel channel) : AsyncDefaultBasicConsumer(channel);
}
