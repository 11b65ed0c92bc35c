using System.Text.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Unit.Bus;

/// <summary>Formats that the other lane and ServiceControl read, by the vectors that are known of them.</summary>
public class When_values_are_written_to_the_wire
{
    private static readonly MessageTypes Types = new(
        new ConventionsBuilder().DefiningEventsAs(type => type.Name.Contains("Event", StringComparison.Ordinal)));

    [Test]
    public void Should_write_times_with_a_colon_before_the_microseconds() => Assert.That(
        WireTime.ToWire(new DateTimeOffset(2026, 8, 21, 15, 1, 2, TimeSpan.FromHours(2)).AddTicks(45_129)),
        Is.EqualTo("2026-08-21 13:01:02:004512 Z"));

    [TestCase("2026-08-21 13:01:02:004512 Z", ExpectedResult = true)]
    [TestCase("2026-08-21 13:01:02:00451 Z", ExpectedResult = false)]
    [TestCase("2026-08-21 13:01:02:0045120 Z", ExpectedResult = false)]
    [TestCase("2026-08-21 13:01:02.004512 Z", ExpectedResult = false)]
    [TestCase("2026-08-21T13:01:02.004512Z", ExpectedResult = false)]
    [TestCase(" 2026-08-21 13:01:02:004512 Z", ExpectedResult = false)]
    [TestCase("2026-08-21 13:01:0x:004512 Z", ExpectedResult = false)]
    [TestCase(null, ExpectedResult = false)]
    public bool Should_read_no_other_times(string? text) => WireTime.TryParse(text, out _);

    [Test]
    public void Should_read_what_it_writes()
    {
        var time = new DateTimeOffset(2026, 11, 22, 6, 0, 40, TimeSpan.Zero).AddTicks(8_211_270);
        Assert.That(WireTime.Parse(WireTime.ToWire(time)), Is.EqualTo(time));
    }

    [Test]
    public void Should_derive_the_host_id_from_instance_and_host() =>
        Assert.That(new HostIdentity("/app/Sales.dll", "sales-host-1").HostIdText, Is.EqualTo("a81f5e3a8b6b82d2df474a6b3c5ae177"));

    [Test]
    public void Should_make_ids_that_grow_with_time()
    {
        var noon = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var ids = Enumerable.Range(0, 100).Select(ms => TimeOrderedId.New(new FixedTime(noon.AddMilliseconds(ms))).ToString()).ToList();

        Assert.That(ids, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal), "as the text that is the key of the outbox");
    }

    [TestCase("theSaga", "CorrelationProperty", ExpectedResult = "D89EC3A0705013CCFF7590FD75D03B38CD0022C9")]
    [TestCase("OrderSaga", "OrderId", ExpectedResult = "9ACA1354611B1EEE42F739F02F62E0AB88D036F3")]
    public string Should_name_a_sagas_index(string saga, string property) => SagaStore.IndexHash(saga, property);

    [TestCase(0, "nsb.v2.delay-level-00", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.Sales")]
    [TestCase(1, "nsb.v2.delay-level-00", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.Sales")]
    [TestCase(10, "nsb.v2.delay-level-03", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.1.0.Sales")]
    [TestCase(268_435_455, "nsb.v2.delay-level-27", "1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.Sales")]
    public void Should_route_a_delay_by_its_binary_digits(long seconds, string exchange, string routingKey) =>
        Assert.That(ConventionalTopology.Delayed(seconds, "Sales"), Is.EqualTo((exchange, routingKey)));

    [TestCase(typeof(Dictionary<string, int>), ExpectedResult = "System.Collections.Generic:Dictionary`2")]
    [TestCase(
        typeof(EventBase), ExpectedResult = "ShopSaga.Tests.Unit.Bus:EventBase", Description = "a nested type loses the type it is in")]
    public string Should_name_the_exchange_of(Type type) => ConventionalTopology.ExchangeOf(type);

    [Test]
    public void Should_enclose_the_type_first_then_those_of_its_bases_that_are_messages_deepest_first() => Assert.That(
        Types.Enclosed(typeof(EventLeaf)).Split(';'),
        Is.EqualTo(new[] { typeof(EventLeaf), typeof(EventMiddle), typeof(EventBase), typeof(IEventMark) }.Select(
            type => type.AssemblyQualifiedName)));

    [TestCase("Sales.Placed, Sales, Version=1.0.0.0", ExpectedResult = "Sales.Placed")]
    [TestCase("Sales.Placed", ExpectedResult = "Sales.Placed")]
    [TestCase("Sales.Box`1[[Sales.Item, Sales]], Sales, Version=1.0.0.0", ExpectedResult = "Sales.Box`1[[Sales.Item, Sales]]")]
    public string Should_cut_the_full_name_out_of(string name) => MessageTypes.FullName(name);

    [Test]
    public void Should_not_remember_types_that_it_did_not_know()
    {
        var types = new MessageTypes(new ConventionsBuilder());
        var enclosed = $"{typeof(EventLeaf).FullName}, Elsewhere";
        Assert.That(types.Find(enclosed), Is.Null);
        types.Register(typeof(EventLeaf));

        Assert.That(types.Find(enclosed), Is.EqualTo(typeof(EventLeaf)));
    }

    /// <summary>A sender can fill a frame with each, so that a thousand take hundreds of megabytes.</summary>
    [Test]
    public void Should_not_remember_long_lists_of_types()
    {
        var types = new MessageTypes(new ConventionsBuilder());
        types.Register(typeof(EventLeaf));
        var enclosed = $"{typeof(OutgoingOperation).FullName}, {new string('x', 5_000)};{typeof(EventLeaf).FullName}";
        Assert.That(types.Find(enclosed), Is.EqualTo(typeof(EventLeaf)));
        types.Register(typeof(OutgoingOperation));

        Assert.That(types.Find(enclosed), Is.EqualTo(typeof(OutgoingOperation)), "it was looked up again");
    }

    [Test]
    public void Should_write_and_read_an_operation_for_the_outbox()
    {
        var at = new DateTimeOffset(2026, 11, 22, 6, 0, 40, TimeSpan.Zero);
        OutgoingOperation[] operations =
        [
            new() { MessageId = "1", Headers = new() { ["a"] = "ü" }, Body = "{}"u8.ToArray(), EventType = typeof(EventLeaf) },
            new() { MessageId = "2", Headers = [], Body = default, Destination = "Sales", Delay = TimeSpan.FromSeconds(4) },
            new()
            {
                MessageId = "3",
                Headers = [],
                Body = default,
                Destination = "Sales",
                DeliverAt = at,
                TimeToBeReceived = TimeSpan.FromDays(1.5),
            },
        ];
        var json = OutboxJson.Write(operations);

        Assert.That(JsonNode.Parse(json)!.AsArray().Select(operation => operation!["Options"]!.ToJsonString()), Is.EqualTo(new[]
        {
            $$"""{"EventType":"{{JsonEncodedText.Encode(typeof(EventLeaf).AssemblyQualifiedName!)}}"}""",
            """{"Destination":"Sales","DelayDeliveryFor":"00:00:04"}""",
            """{"Destination":"Sales","DeliverAt":"2026-11-22 06:00:40:000000 Z","TimeToBeReceived":"1.12:00:00"}""",
        }));
        var read = OutboxJson.Read(json);
        Assert.That(read.Select(operation => operation.MessageId), Is.EqualTo(new[] { "1", "2", "3" }));
        Assert.That(read[0].Headers["a"], Is.EqualTo("ü"));
        Assert.That(read[0].Body.ToArray(), Is.EqualTo("{}"u8.ToArray()));
        Assert.That(read[0].EventType, Is.EqualTo(typeof(EventLeaf)));
        Assert.That(read[1].Delay, Is.EqualTo(TimeSpan.FromSeconds(4)));
        Assert.That(read[2].DeliverAt, Is.EqualTo(at));
        Assert.That(read[2].TimeToBeReceived, Is.EqualTo(TimeSpan.FromDays(1.5)));
    }

    [Test]
    public void Should_refuse_a_stored_event_whose_type_is_gone() => Assert.That(
        () => OutboxJson.Read("""[{"MessageId": "1", "Headers": {}, "Options": {"EventType": "Gone.Long, Ago"}}]"""), Throws.Exception);

    [Test]
    public void Should_read_saga_data_that_leaves_out_defaults_and_writes_enums_as_numbers()
    {
        var data = JsonSerializer.Deserialize<TreeData>(
            """
            {"Kind": 2, "Height": 12.5, "Age": "1.02:03:04", "Planted": "2026-11-22T05:59:22.0247257+00:00", "Gone": 1,
             "Names": ["a"]}
            """, SagaJson.Options)!;

        Assert.That(data.Kind, Is.EqualTo(Kind.Beech));
        Assert.That(data.Height, Is.EqualTo(12.5m));
        Assert.That(data.Age, Is.EqualTo(new TimeSpan(1, 2, 3, 4)));
        Assert.That(data.Planted, Is.EqualTo(new DateTimeOffset(2026, 11, 22, 5, 59, 22, TimeSpan.Zero).AddTicks(247_257)));
        Assert.That(data.Names, Is.EqualTo(new[] { "a" }));
        Assert.That(data.Felled, Is.False);
        Assert.That(
            JsonSerializer.Serialize(data, SagaJson.Options),
            Is.EqualTo("""{"Kind":2,"Height":12.5,"Age":"1.02:03:04","Planted":"2026-11-22T05:59:22.0247257+00:00","Names":["a"]}"""));
    }

    [Test]
    public void Should_split_measured_values_that_span_more_time_than_one_message_can_say()
    {
        var values = new[] { 0L, int.MaxValue, int.MaxValue + 1L, 9_000_000_000 }.Select(ticks => new TaggedValue(ticks, "", 1)).ToArray();

        Assert.That(TaggedValuesV1.Fitting(values), Is.EqualTo(2));
        Assert.That(TaggedValuesV1.Fitting(values.AsSpan(2)), Is.EqualTo(1));
        Assert.That(TaggedValuesV1.Write(values.AsSpan(0, 2)), Is.Not.Empty);
    }

    internal interface IEventMark;

    internal interface INoMessage;

    internal class EventBase : IEventMark;

    internal class EventMiddle : EventBase, INoMessage;

    internal sealed class EventLeaf : EventMiddle;

    internal enum Kind
    {
        None,
        Oak,
        Beech,
    }

    internal sealed class TreeData : ContainSagaData
    {
        public Kind Kind { get; set; }

        public decimal Height { get; set; }

        public TimeSpan Age { get; set; }

        public DateTimeOffset Planted { get; set; }

        public bool Felled { get; set; }

        public List<string> Names { get; set; } = [];
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
