using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The queues, exchanges and bindings that both lanes share.</summary>
public class When_an_endpoint_starts
{
    private const int Levels = 28;

    private TestEndpoint _endpoint = null!;
    private IReadOnlyList<JsonObject> _exchanges = [];
    private IReadOnlyList<JsonObject> _queues = [];
    private string[] _bindings = [];

    [OneTimeSetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(configuration => configuration.AddHandler<Gardener>());
        _exchanges = await Management.List("exchanges/%2F");
        _queues = await Management.List("queues/%2F");
        _bindings =
        [
            .. from binding in await Management.List("bindings/%2F")
               where $"{binding["source"]}".Length > 0
               select $"{binding["source"]} -> {binding["destination_type"]} {binding["destination"]} '{binding["routing_key"]}'",
        ];
    }

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public void Should_have_a_durable_quorum_queue_and_an_error_queue()
    {
        foreach (var queue in new[] { _endpoint.Name, _endpoint.ErrorQueue })
        {
            Assert.That(Arguments(queue), Is.EqualTo("""{"x-queue-type":"quorum"}"""), queue);
            Assert.That(Find(_queues, queue)["durable"]!.GetValue<bool>(), queue);
            Assert.That(Find(_queues, queue)["auto_delete"]!.GetValue<bool>(), Is.False, queue);
        }
    }

    [Test]
    public void Should_reach_each_queue_through_a_fanout_exchange_of_its_name()
    {
        foreach (var queue in new[] { _endpoint.Name, _endpoint.ErrorQueue })
        {
            AssertExchange(queue, "fanout");
            Assert.That(_bindings, Has.Member($"{queue} -> queue {queue} ''"));
        }
    }

    [Test]
    public void Should_subscribe_to_the_events_it_handles_and_bind_them_to_their_base_types()
    {
        AssertExchange("ShopSaga.Tests.Bus:EventSeedPlanted", "fanout");
        AssertExchange("System:Object", "fanout");
        Assert.That(_bindings, Has.Member($"ShopSaga.Tests.Bus:EventSeedPlanted -> exchange {_endpoint.Name} ''"));
        Assert.That(_bindings, Has.Member("ShopSaga.Tests.Bus:EventSeedPlanted -> exchange System:Object ''"));
        Assert.That(_bindings, Has.Member("ShopSaga.Tests.Bus:EventSeedPlanted -> exchange System:IEquatable`1 ''"));
    }

    [Test]
    public void Should_not_subscribe_to_what_is_sent() =>
        Assert.That(_bindings, Has.None.StartsWith($"ShopSaga.Tests.Bus:{nameof(WaterGarden)} -> exchange {_endpoint.Name}"));

    [Test]
    public void Should_have_28_delay_levels_each_with_a_topic_exchange()
    {
        AssertExchange("nsb.v2.delay-delivery", "topic");
        for (var level = 0; level < Levels; level++)
        {
            AssertExchange(Level(level), "topic");
        }

        Assert.That(
            _exchanges.Count(exchange => $"{exchange["name"]}".StartsWith("nsb.v2.delay-level-", StringComparison.Ordinal)),
            Is.EqualTo(Levels));
    }

    [Test]
    public void Should_let_a_message_wait_two_to_the_power_of_its_level_seconds_and_pass_it_on()
    {
        for (var level = 0; level < Levels; level++)
        {
            var arguments = Find(_queues, Level(level))["arguments"]!.AsObject();
            Assert.That(arguments, Has.Count.EqualTo(5));
            Assert.That($"{arguments["x-queue-type"]}", Is.EqualTo("quorum"));
            Assert.That($"{arguments["x-dead-letter-strategy"]}", Is.EqualTo("at-least-once"));
            Assert.That($"{arguments["x-overflow"]}", Is.EqualTo("reject-publish"));
            Assert.That(arguments["x-message-ttl"]!.GetValue<long>(), Is.EqualTo(1000L << level));
            Assert.That($"{arguments["x-dead-letter-exchange"]}", Is.EqualTo(Below(level)));
        }
    }

    [Test]
    public void Should_route_by_one_binary_digit_on_each_level()
    {
        for (var level = 0; level < Levels; level++)
        {
            var higherDigits = string.Concat(Enumerable.Repeat("*.", Levels - 1 - level));
            Assert.That(_bindings, Has.Member($"{Level(level)} -> queue {Level(level)} '{higherDigits}1.#'"));
            Assert.That(_bindings, Has.Member($"{Level(level)} -> exchange {Below(level)} '{higherDigits}0.#'"));
        }
    }

    [Test]
    public void Should_receive_delayed_messages_by_its_name() =>
        Assert.That(_bindings, Has.Member($"nsb.v2.delay-delivery -> exchange {_endpoint.Name} '#.{_endpoint.Name}'"));

    [Test]
    public async Task Should_start_again_on_what_is_there()
    {
        await _endpoint.Stop();
        await _endpoint.Start();

        Assert.That((await Management.List("queues/%2F")).Select(queue => $"{queue["name"]}"), Has.Member(_endpoint.Name));
    }

    [Test]
    public async Task Should_wait_for_its_turn_to_create_tables_longer_than_a_statement_may_take()
    {
        // Not for the first start: on a busy machine, the types that Npgsql reads first take longer.
        var timeout = "";
        await using var endpoint = await TestEndpoint.Start(configuration =>
        {
            configuration.AddHandler<Gardener>();
            configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() =>
                new NpgsqlConnection($"{Servers.Postgres(configuration.EndpointName.ToLowerInvariant())};{timeout}"));
        });
        await endpoint.Stop();
        timeout = "Options=-c statement_timeout=2000";
        await using var other = new NpgsqlConnection(endpoint.ConnectionString);
        await other.OpenAsync();
        await other.ExecuteAsync("select pg_advisory_lock(hashtext('ShopSaga.Bus installer'))");

        var start = endpoint.Start();
        var waits = new HashSet<DateTime>();
        await Eventually.Is(
            async () =>
            {
                waits.UnionWith(await other.QueryAsync<DateTime>(
                    "select xact_start from pg_stat_activity where datname = current_database() and wait_event = 'advisory'"));
                return waits.Count > 1 || start.IsCompleted;
            },
            "it waits a second time");
        await other.ExecuteAsync("select pg_advisory_unlock(hashtext('ShopSaga.Bus installer'))");

        await start;
    }

    private static string Level(int level) => $"nsb.v2.delay-level-{level:00}";

    private static string Below(int level) => level == 0 ? "nsb.v2.delay-delivery" : Level(level - 1);

    private static JsonObject Find(IEnumerable<JsonObject> entities, string name) => entities.Single(entity => $"{entity["name"]}" == name);

    private string Arguments(string queue) => Find(_queues, queue)["arguments"]!.ToJsonString();

    private void AssertExchange(string name, string type)
    {
        var exchange = Find(_exchanges, name);
        Assert.That($"{exchange["type"]}", Is.EqualTo(type), name);
        Assert.That(exchange["durable"]!.GetValue<bool>(), name);
        Assert.That(exchange["auto_delete"]!.GetValue<bool>(), Is.False, name);
        Assert.That(exchange["arguments"]!.AsObject(), Is.Empty, name);
    }

    internal sealed record EventSeedPlanted(int Row);

    internal sealed record WaterGarden;

    internal sealed class Gardener : IHandleMessages<EventSeedPlanted>, IHandleMessages<WaterGarden>
    {
        public Task Handle(EventSeedPlanted message, IMessageHandlerContext context) => Task.CompletedTask;

        public Task Handle(WaterGarden message, IMessageHandlerContext context) => Task.CompletedTask;
    }
}
