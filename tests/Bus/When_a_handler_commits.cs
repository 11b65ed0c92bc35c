using System.Text;
using System.Text.Json.Nodes;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The outbox table, as both lanes read and write it.</summary>
public class When_a_handler_commits
{
    private TestEndpoint _endpoint = null!;
    private JsonObject _published = null!;
    private JsonObject _delayed = null!;

    [OneTimeSetUp]
    public async Task Handle()
    {
        _endpoint = await TestEndpoint.Start(configuration => configuration.AddHandler<Baker>());
        await _endpoint.Execute($"""
            create table stored (message_id text, operations jsonb, dispatched boolean);
            create function keep() returns trigger language plpgsql as
                'begin insert into stored values (new."MessageId", new."Operations", new."Dispatched"); return new; end';
            create trigger keep after insert on "{_endpoint.OutboxTable}" for each row execute function keep();
            """);
        await using var events = await Tap.On<EventBreadBaked>();
        await Broker.Send(_endpoint.Name, new BakeBread("rye"), "bake 1");
        await events.Next();

        var operations = JsonNode.Parse(
            (await _endpoint.Query<string>("select operations::text from stored where message_id = 'bake 1'"))!)!
            .AsArray();
        Assert.That(operations, Has.Count.EqualTo(2));
        _published = operations[0]!.AsObject();
        _delayed = operations[1]!.AsObject();
    }

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_store_the_messages_under_the_id_of_the_handled_one_before_they_leave() =>
        Assert.That(await _endpoint.Query<bool>("select dispatched from stored where message_id = 'bake 1'"), Is.False);

    [Test]
    public void Should_store_an_event_with_its_type_and_its_body_in_base64()
    {
        Assert.That(_published.Select(field => field.Key), Is.EquivalentTo(new[] { "MessageId", "Body", "Headers", "Options" }));
        Assert.That(
            _published["Options"]!.ToJsonString(),
            Is.EqualTo(new JsonObject { ["EventType"] = typeof(EventBreadBaked).AssemblyQualifiedName }.ToJsonString()));
        Assert.That(Encoding.UTF8.GetString(Convert.FromBase64String($"{_published["Body"]}")), Is.EqualTo("""{"Kind":"rye"}"""));
        Assert.That($"{_published["MessageId"]}", Does.Match(Wire.Id));
    }

    [Test]
    public void Should_store_every_header_as_text()
    {
        var headers = _published["Headers"]!.AsObject();
        Assert.That(headers.Select(header => header.Key).Except(["traceparent"]), Is.EquivalentTo(Wire.HeadersFromHandler));
        Assert.That($"{headers[Headers.MessageId]}", Is.EqualTo($"{_published["MessageId"]}"));
        Assert.That(headers.Select(header => header.Value!.GetValueKind()), Has.All.EqualTo(System.Text.Json.JsonValueKind.String));
    }

    [Test]
    public void Should_store_a_delayed_message_with_destination_and_delay()
    {
        var options = _delayed["Options"]!.AsObject();
        Assert.That(options.Select(option => option.Key), Is.EquivalentTo(new[] { "Destination", "DelayDeliveryFor" }));
        Assert.That($"{options["Destination"]}", Is.EqualTo(_endpoint.Name));
        Assert.That($"{options["DelayDeliveryFor"]}", Is.EqualTo("01:00:00"));
        Assert.That($"{_delayed["Headers"]![Headers.DeliverAt]}", Does.Match(Wire.Timestamp));
    }

    [Test]
    public async Task Should_mark_the_row_when_the_messages_have_left()
    {
        var row = await Eventually.Get(
            () => _endpoint.Query<string>(
                $"""select to_jsonb(t)::text from "{_endpoint.OutboxTable}" t where "MessageId" = 'bake 1'"""),
            row => JsonNode.Parse(row!)!["Dispatched"]!.GetValue<bool>(),
            "marked as dispatched");

        var columns = JsonNode.Parse(row!)!.AsObject();
        Assert.That(columns["Operations"]!.AsArray(), Is.Empty);
        Assert.That(columns["DispatchedAt"], Is.Not.Null);
        Assert.That($"{columns["PersistenceVersion"]}", Does.Match(@"^\d+(\.\d+){1,3}$"));
    }

    [Test]
    public async Task Should_remember_a_message_whose_handler_sent_nothing()
    {
        await Broker.Send(_endpoint.Name, new BakeBread("nothing"), "bake 2");

        await Eventually.Get(
            () => _endpoint.Query<string>(
                $"""select "Operations"::text from "{_endpoint.OutboxTable}" where "MessageId" = 'bake 2' and "Dispatched" """),
            operations => operations == "[]",
            "a row without operations");
    }

    [Test]
    public async Task Should_have_the_columns_of_the_other_lane()
    {
        var columns = await _endpoint.QueryAll<string>(
            """
            select column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '') || ' ' || is_nullable
            from information_schema.columns where table_name = @Table order by ordinal_position
            """,
            new { Table = _endpoint.OutboxTable });

        Assert.That(columns, Is.EqualTo(new[]
        {
            "MessageId character varying(200) NO",
            "Dispatched boolean NO",
            "DispatchedAt timestamp without time zone YES",
            "PersistenceVersion character varying(23) YES",
            "Operations jsonb NO",
        }));
        Assert.That(
            await _endpoint.QueryAll<string>(
                "select indexname from pg_indexes where tablename = @Table", new { Table = _endpoint.OutboxTable }),
            Is.SupersetOf(new[] { "Index_DispatchedAt", "Index_Dispatched" }));
    }

    [Test]
    public async Task Should_index_only_the_records_of_one_phase() => Assert.That(
        await _endpoint.QueryAll<string>(
            "select indexdef from pg_indexes where tablename = @Table and indexname not like '%pkey'",
            new { Table = _endpoint.OutboxTable }),
        Has.All.Contain("WHERE").And.Exactly(3).Items);

    internal sealed record BakeBread(string Kind);

    internal sealed record EventBreadBaked(string Kind);

    internal sealed record CoolBread;

    internal sealed class Baker : IHandleMessages<BakeBread>, IHandleMessages<CoolBread>
    {
        public async Task Handle(BakeBread message, IMessageHandlerContext context)
        {
            if (message.Kind == "nothing")
            {
                return;
            }

            await context.Publish(new EventBreadBaked(message.Kind));
            var later = new SendOptions();
            later.RouteToThisEndpoint();
            later.DelayDeliveryWith(TimeSpan.FromHours(1));
            await context.Send(new CoolBread(), later);
        }

        public Task Handle(CoolBread message, IMessageHandlerContext context) => Task.CompletedTask;
    }
}
