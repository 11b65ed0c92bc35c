using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The saga table, as both lanes read and write it.</summary>
public class When_a_saga_is_stored
{
    private readonly Seen<string> _handled = new();
    private TestEndpoint _endpoint = null!;

    private string Table => $"{_endpoint.Name}_OrderSaga";

    [OneTimeSetUp]
    public async Task Start() => _endpoint = await TestEndpoint.Start(
        configuration => configuration.AddSaga<OrderSaga>(),
        services => services.AddSingleton(_handled));

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_insert_a_row_with_metadata_data_and_correlation_value()
    {
        await Broker.Send(
            _endpoint.Name, new BeginOrder("A-1"), "begin A-1", new Dictionary<string, string> { [Headers.ReplyToAddress] = "the shop" });
        var row = await Row("A-1", concurrency: 1);

        Assert.That($"{row["Id"]}", Does.Match(Wire.Id));
        var metadata = JsonNode.Parse($"{row["Metadata"]}")!.AsObject();
        Assert.That(metadata, Has.Count.EqualTo(2));
        Assert.That($"{metadata["Originator"]}", Is.EqualTo("the shop"));
        Assert.That($"{metadata["OriginalMessageId"]}", Is.EqualTo("begin A-1"));
        Assert.That($"{row["SagaTypeVersion"]}", Does.Match(@"^\d+(\.\d+){1,3}$"));
        Assert.That($"{row["PersistenceVersion"]}", Does.Match(@"^\d+(\.\d+){1,3}$"));
        Assert.That(row["Data"]!.ToJsonString(), Is.EqualTo("""{"OrderId":"A-1"}"""), "no default values, nothing that has a column");
    }

    [Test]
    public async Task Should_count_every_update()
    {
        await Broker.Send(_endpoint.Name, new BeginOrder("A-2"));
        await Row("A-2", concurrency: 1);
        await Broker.Send(_endpoint.Name, new AddToOrder("A-2", 5));
        await Row("A-2", concurrency: 2);
        await Broker.Send(_endpoint.Name, new AddToOrder("A-2", 2));
        var row = await Row("A-2", concurrency: 3);

        Assert.That(row["Data"]!["Amount"]!.GetValue<int>(), Is.EqualTo(7));
    }

    [Test]
    public async Task Should_delete_the_row_of_a_completed_saga()
    {
        await Broker.Send(_endpoint.Name, new BeginOrder("A-3"));
        await Row("A-3", concurrency: 1);
        await Broker.Send(_endpoint.Name, new EndOrder("A-3"));

        await Eventually.Is(
            async () => await _endpoint.Query<long>($"select count(*) from \"{Table}\" where \"Correlation_OrderId\" = 'A-3'") == 0,
            "no row");
    }

    [Test]
    public async Task Should_not_invoke_the_handler_when_a_message_finds_no_saga()
    {
        await Broker.Send(_endpoint.Name, new AddToOrder("unknown", 1), "without a saga");

        await Eventually.Is(
            async () => await _endpoint.Count("\"MessageId\" = 'without a saga' and \"Dispatched\"") == 1, "counted as processed");
        Assert.That(_handled.All, Has.None.EqualTo("unknown"));
    }

    [Test]
    public async Task Should_have_the_columns_of_the_other_lane()
    {
        var columns = await _endpoint.QueryAll<string>(
            """
            select column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '') || ' ' || is_nullable
            from information_schema.columns where table_name = @Table
            """,
            new { Table });

        Assert.That(columns, Is.EquivalentTo(new[]
        {
            "Id uuid NO",
            "Metadata text NO",
            "Data jsonb NO",
            "PersistenceVersion character varying(23) YES",
            "SagaTypeVersion character varying(23) YES",
            "Concurrency integer NO",
            "Correlation_OrderId character varying(200) YES",
        }));
    }

    [Test]
    public async Task Should_have_a_unique_index_named_after_saga_and_property()
    {
        var index = await _endpoint.Query<string>(
            "select indexdef from pg_indexes where tablename = @Table and indexname = @Index",
            new { Table, Index = $"{_endpoint.Name}__i_9ACA1354611B1EEE42F739F02F62E0AB88D036F3" });

        Assert.That(index, Does.Contain("UNIQUE").And.Contains("(\"Correlation_OrderId\")"));
    }

    private async Task<JsonObject> Row(string orderId, int concurrency) =>
        JsonNode.Parse((await Eventually.Get(
            () => _endpoint.Query<string>(
                $"select to_jsonb(t)::text from \"{Table}\" t where \"Correlation_OrderId\" = @orderId", new { orderId }),
            row => row is not null && JsonNode.Parse(row)!["Concurrency"]!.GetValue<int>() == concurrency,
            $"row of {orderId} with concurrency {concurrency}"))!)!.AsObject();

    internal sealed record BeginOrder(string OrderId);

    internal sealed record AddToOrder(string OrderId, int Amount);

    internal sealed record EndOrder(string OrderId);

    internal sealed class OrderSagaData : ContainSagaData
    {
        public string OrderId { get; set; } = "";

        public int Amount { get; set; }
    }

    /// <summary>The name matters: with the property's, it gives the index its name.</summary>
    internal sealed class OrderSaga(Seen<string> handled) :
        Saga<OrderSagaData>, IAmStartedByMessages<BeginOrder>, IHandleMessages<AddToOrder>, IHandleMessages<EndOrder>
    {
        public Task Handle(BeginOrder message, IMessageHandlerContext context) => Task.CompletedTask;

        public Task Handle(AddToOrder message, IMessageHandlerContext context)
        {
            handled.Add(message.OrderId);
            Data.Amount += message.Amount;
            return Task.CompletedTask;
        }

        public Task Handle(EndOrder message, IMessageHandlerContext context)
        {
            MarkAsComplete();
            return Task.CompletedTask;
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<OrderSagaData> mapper) =>
            mapper.MapSaga(saga => saga.OrderId)
                .ToMessage<BeginOrder>(message => message.OrderId)
                .ToMessage<AddToOrder>(message => message.OrderId)
                .ToMessage<EndOrder>(message => message.OrderId);
    }
}
