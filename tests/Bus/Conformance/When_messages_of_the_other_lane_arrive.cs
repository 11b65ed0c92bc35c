using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>
/// Messages and saga rows that NServiceBus left are read and handled; only names of endpoints are changed to those of this run.
/// </summary>
public class When_messages_of_the_other_lane_arrive
{
    private const string SagaId = "e79fc1d7-fc99-4eaa-b564-b50a0062b401";
    private static readonly IReadOnlyList<WireMessage> ToSales = Samples.Messages("input-sales.txt");
    private static readonly IReadOnlyList<WireMessage> ToBilling = Samples.Messages("input-billing.txt");

    [OneTimeSetUp]
    public async Task LeaveSagasBehind()
    {
        foreach (var row in Samples.SagaRows())
        {
            await SmokeSystem.Sales.Execute(
                $"""
                insert into "{SmokeSystem.Names.SagaTable}" values (
                    '{row["Id"]}', '{row["Metadata"]}', '{row["Data"]}', '{row["PersistenceVersion"]}', '{row["SagaTypeVersion"]}',
                    {row["Concurrency"]}, '{row["Correlation_OrderId"]}')
                """);
        }
    }

    [Test]
    public async Task Should_handle_a_command()
    {
        var command = ToSales.Single(message => message.Type == "PlaceOrder");
        await Arrive(command, SmokeSystem.Names.Sales);

        await IsSeen(SmokeSystem.SeenBySales, $"PlaceOrder {IdOf(command)}");
        await IsProcessed(SmokeSystem.Sales, command);
        Assert.That(
            await SmokeSystem.Sales.Query<string>("select customer from orders where id = 'e31f8e73-c9a3-4768-81b7-a05ca30f3536'"),
            Is.EqualTo("ACME"));
    }

    [Test]
    public async Task Should_send_what_a_session_committed_once_in_effect_however_often_its_control_message_comes()
    {
        var asked = ToSales.Where(message => message.Headers.ContainsKey("NServiceBus.TransactionalSession.RemainingCommitDuration"))
            .ToList();
        Assert.That(asked, Has.Count.EqualTo(2));
        var session = IdOf(asked[0]);
        var operations = $$$"""
            [{
              "MessageId": "of {{{session}}}",
              "Headers": {
                "NServiceBus.MessageId": "of {{{session}}}",
                "NServiceBus.MessageIntent": "Send",
                "NServiceBus.EnclosedMessageTypes": "Smoke.Contracts.Commands.PlaceOrder"
              },
              "Body": "{{{Convert.ToBase64String(NewOrder())}}}",
              "Options": { "Destination": "{{{SmokeSystem.Names.Sales}}}" }
            }]
            """;
        await SmokeSystem.Sales.Execute(
            $"""
            insert into "{SmokeSystem.Sales.OutboxTable}" ("MessageId", "Operations", "PersistenceVersion")
            values (@session, @operations::jsonb, '9.0.3.0')
            """,
            new { session, operations });
        await Arrive(asked[0], SmokeSystem.Names.Sales);
        await Arrive(asked[1], SmokeSystem.Names.Sales);
        await IsSeen(SmokeSystem.SeenBySales, $"PlaceOrder of {session}");
        var last = Changed(ToSales.Single(message => message.Type == "PlaceOrder"), Headers.MessageId, Guid.NewGuid().ToString());
        await Arrive(last with { Body = NewOrder() }, SmokeSystem.Names.Sales);
        await IsSeen(SmokeSystem.SeenBySales, $"PlaceOrder {IdOf(last)}");

        Assert.That(SmokeSystem.SeenBySales.All, Has.One.EqualTo($"PlaceOrder of {session}"));
        await IsProcessed(SmokeSystem.Sales, asked[0]);
    }

    [TestCase("OrderAccepted", Description = "found by its correlation value")]
    [TestCase("OrderBilled", Description = "found by its correlation value")]
    [TestCase("BillOrderReply", Description = "found by the saga's id")]
    [TestCase("BillingTimeout", Description = "found by the saga's id, having waited in the delay queues")]
    public async Task Should_find_the_saga_of(string type)
    {
        var message = ToSales.Single(message => message.Type == type);
        await Arrive(message, SmokeSystem.Names.Sales);

        await IsSeen(SmokeSystem.SeenBySales, $"{type} {IdOf(message)} by {SagaId}");
        await IsProcessed(SmokeSystem.Sales, message);
    }

    [Test]
    public async Task Should_go_on_counting_the_retries_of_a_message()
    {
        var retried = ToSales.Single(message => message.Headers.ContainsKey(Headers.DelayedRetries));
        await using var error = await Tap.On(SmokeSystem.Names.Error);
        await Arrive(retried, SmokeSystem.Names.Sales);
        var failed = await error.Next();

        Assert.That(
            SmokeSystem.SeenBySales.All.Count(seen => seen == $"FailOrder {IdOf(retried)}"),
            Is.EqualTo(3),
            "three deliveries, and no second delayed retry, since one is allowed and was made");
        Assert.That(failed.Headers[Headers.DeliverAt], Is.EqualTo(retried.Headers[Headers.DeliverAt]));
        Assert.That(failed.Headers[Headers.DelayedRetriesTimestamp], Is.EqualTo(retried.Headers[Headers.DelayedRetriesTimestamp]));
        Assert.That(failed.Headers, Does.Not.ContainKey(Headers.DelayedRetries));
        Assert.That(Wire.Names(failed), Has.None.StartsWith("NServiceBus.Transport."), "what belongs to the transport stays behind");
    }

    [Test]
    public async Task Should_answer_a_command_to_the_saga_that_sent_it()
    {
        var command = ToBilling.Single(message => message.Type == "BillOrder");
        await using var sales = await Tap.On(SmokeSystem.Names.Sales);
        await Arrive(command, SmokeSystem.Names.Billing);
        var arrived = new[] { await sales.Next(), await sales.Next() };

        var reply = arrived.Single(message => message.Headers[Headers.MessageIntent] == "Reply");
        Assert.That(reply.Headers[Headers.SagaId], Is.EqualTo(command.Headers[Headers.OriginatingSagaId]));
        Assert.That(reply.Headers[Headers.SagaType], Is.EqualTo(command.Headers[Headers.OriginatingSagaType]));
        Assert.That(reply.Headers[Headers.CorrelationId], Is.EqualTo(command.Headers[Headers.CorrelationId]));
        Assert.That(reply.Headers[Headers.ConversationId], Is.EqualTo(command.Headers[Headers.ConversationId]));
    }

    [TestCase("OrderAccepted")]
    [TestCase("OrderBilled")]
    public async Task Should_handle_an_event_by_the_interface_that_is_subscribed_to(string type)
    {
        var published = ToBilling.Single(message => message.Type == type);
        await Arrive(
            WithTypes(published, types => types.Replace("Smoke.Contracts,", "ShopSaga.Tests.Bus,", StringComparison.Ordinal)),
            SmokeSystem.Names.Billing);

        await IsSeen(SmokeSystem.SeenByBilling, $"{type} {IdOf(published)}");
        await IsProcessed(SmokeSystem.Billing, published);
    }

    [TestCase("{0}__impl, Proxies;{0}, Smoke.Contracts, Version=1.0.0.0", Description = "a generated class is not looked for")]
    [TestCase("{0}", Description = "a full name alone")]
    [TestCase("Elsewhere.Special, Elsewhere; {0}, Moved.Contracts, Version=9.9.9.9", Description = "an unknown derived type, a moved one")]
    public async Task Should_recognize_the_type_named(string types)
    {
        var id = Guid.NewGuid().ToString();
        var command = ToSales.Single(message => message.Type == "PlaceOrder");
        var named = string.Format(CultureInfo.InvariantCulture, types, "Smoke.Contracts.Commands.PlaceOrder");
        var body = Encoding.UTF8.GetBytes($$"""{"OrderId":"{{id}}","Customer":"ACME","Amount":1,"Unknown":[]}""");
        var message = WithTypes(command, _ => named) with { Body = body };
        await Arrive(Changed(message, Headers.MessageId, id), SmokeSystem.Names.Sales);

        await IsSeen(SmokeSystem.SeenBySales, $"PlaceOrder {id}");
    }

    [Test]
    public async Task Should_recognize_the_type_by_the_amqp_property_where_the_header_is_missing()
    {
        var id = Guid.NewGuid().ToString();
        var body = Encoding.UTF8.GetBytes($$"""{"OrderId":"{{id}}","Customer":"ACME","Amount":1}""");
        var message = Changed(ToSales.Single(message => message.Type == "PlaceOrder"), Headers.MessageId, id) with { Body = body };
        await Arrive(
            message with { Headers = message.Headers.Where(header => header.Key != Headers.EnclosedMessageTypes).ToDictionary() },
            SmokeSystem.Names.Sales);

        await IsSeen(SmokeSystem.SeenBySales, $"PlaceOrder {id}");
    }

    private static byte[] NewOrder() => Encoding.UTF8.GetBytes($$"""{"OrderId":"{{Guid.NewGuid()}}","Customer":"ACME","Amount":1}""");

    private static string IdOf(WireMessage message) => message.Headers[Headers.MessageId];

    private static WireMessage WithTypes(WireMessage message, Func<string, string> change) =>
        Changed(message, Headers.EnclosedMessageTypes, change(message.Headers[Headers.EnclosedMessageTypes]));

    private static WireMessage Changed(WireMessage message, string header, string value) =>
        message with { Headers = new Dictionary<string, string>(message.Headers) { [header] = value } };

    private static Task IsSeen(Seen<string> seen, string what) => Eventually.Is(() => seen.All.Contains(what), what);

    private static Task IsProcessed(TestEndpoint endpoint, WireMessage message) => Eventually.Is(
        async () => await endpoint.Count($"\"MessageId\" = '{IdOf(message)}' and \"Dispatched\"") == 1, $"{message.Type} is processed");

    private static string Here(string address) => SmokeSystem.Names.InSamples.FirstOrDefault(name => name.Value == address).Key ?? address;

    /// <summary>
    /// Puts a recorded message into a queue as the broker held it: properties, header types and marks of dead-lettering included.
    /// </summary>
    private static async Task Arrive(WireMessage message, string queue)
    {
        var properties = new BasicProperties
        {
            ContentType = message.Properties["content_type"],
            DeliveryMode = DeliveryModes.Persistent,
            MessageId = message.Properties["message_id"],
            Headers = message.Headers.Where(header => header.Key != Constants.PublishSequenceNumberHeader)
                .ToDictionary(header => header.Key, header => Value(header.Key, Here(header.Value))),
        };
        if (message.Properties.TryGetValue("correlation_id", out var correlationId))
        {
            properties.CorrelationId = correlationId;
        }

        if (message.Properties.TryGetValue("reply_to", out var replyTo))
        {
            properties.ReplyTo = Here(replyTo);
        }

        if (message.Properties.TryGetValue("type", out var type))
        {
            properties.Type = type;
        }

        await using var channel = await Broker.NewChannel();
        await channel.BasicPublishAsync(queue, "", mandatory: true, properties, message.Body);
    }

    private static object? Value(string header, string value) => header switch
    {
        "NServiceBus.Transport.RabbitMQ.DelayInSeconds" => int.Parse(value, CultureInfo.InvariantCulture),
        "x-death" =>
            new List<object?>
            {
                new Dictionary<string, object?> { ["count"] = 1L, ["reason"] = "expired", ["routing-keys"] = new List<object?> { "1.0" } },
            },
        _ => Encoding.UTF8.GetBytes(value),
    };
}
