using System.Text.Json.Nodes;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>
/// NServiceBus committed a session and three messages, and died before anything left: the records as it wrote them, after the move to this
/// lane.
/// </summary>
public class When_records_of_the_other_lane_are_left_undispatched
{
    private static readonly IReadOnlyList<JsonObject> Inserted =
        [.. Samples.OutboxChanges().Where(change => change.Change == "INSERT").Select(change => change.Row)];

    [Test]
    public async Task Should_send_everything_once_in_effect_and_handle_nothing_again()
    {
        await using var sales = await Tap.On(SmokeSystem.Names.Sales);
        await using var billing = await Tap.On(SmokeSystem.Names.Billing);
        await using var audit = await Tap.On(SmokeSystem.Names.Audit);
        foreach (var row in Inserted)
        {
            await SmokeSystem.Sales.Execute(
                $"""
                insert into "{SmokeSystem.Sales.OutboxTable}" ("MessageId", "Dispatched", "Operations", "PersistenceVersion")
                values (@id, false, @operations::jsonb, '9.0.0.0')
                """,
                new { id = $"{row["MessageId"]}", operations = Here(row["Operations"]!.ToJsonString()) });
        }

        await Arrives(sales, "PlaceOrder", "e1843979-37e2-4322-8036-b50a00631056");
        await Arrives(sales, "OrderAccepted", "08da339f-6f05-40b3-bd0b-b50a0063150b");
        await Arrives(billing, "OrderAccepted", "08da339f-6f05-40b3-bd0b-b50a0063150b");
        await Arrives(billing, "BillOrder", "2dbb3d62-ebc4-4dc4-8274-b50a0063150e");
        await Arrives(sales, "BillingTimeout", "c4681b6f-5344-4e4f-af11-b50a0063150f");
        await Arrives(audit, "PlaceOrder", "e1843979-37e2-4322-8036-b50a00631056");
        await Arrives(audit, "OrderAccepted", "08da339f-6f05-40b3-bd0b-b50a0063150b");
        await Arrives(audit, "OrderBilled", "2ceb2247-d77c-4505-8266-b50a00631514");
        var ids = string.Join(", ", Inserted.Select(row => $"'{row["MessageId"]}'").Append("'c4681b6f-5344-4e4f-af11-b50a0063150f'"));
        await Eventually.Is(
            async () =>
                await SmokeSystem.Sales.Count(
                    $"\"MessageId\" in ({ids}) and \"Dispatched\" and \"Operations\" = '[]' and \"DispatchedAt\" is not null") == 5,
            "the four records are marked, and the timeout whose saga is gone counts as processed");

        var timeout = sales.All.First(message => message.Properties.MessageId == "c4681b6f-5344-4e4f-af11-b50a0063150f");
        Assert.That(
            timeout.Headers["NServiceBus.Transport.RabbitMQ.DelayInSeconds"], Is.EqualTo("4"), "the delay counts from the dispatch");
        Assert.That(timeout.Headers[Headers.DeliverAt], Is.EqualTo("2026-11-22 06:00:48:850723 Z"), "the header keeps the first estimate");
        foreach (var row in Inserted)
        {
            Assert.That(SmokeSystem.SeenBySales.All, Has.None.Contains($"{row["MessageId"]}"), "what has a record was processed");
        }
    }

    private static Task Arrives(Tap queue, string type, string messageId) => Eventually.Is(
        () => queue.All.Select(WireMessage.Of).Any(message => message.Type == type && message.Properties["message_id"] == messageId),
        $"{type} {messageId}");

    private static string Here(string operations) => SmokeSystem.Names.InSamples
        .Aggregate(operations, (text, name) => text.Replace($"\"{name.Value}\"", $"\"{name.Key}\"", StringComparison.Ordinal))
        .Replace(", Smoke.Contracts,", ", ShopSaga.Tests.Bus,", StringComparison.Ordinal);
}
