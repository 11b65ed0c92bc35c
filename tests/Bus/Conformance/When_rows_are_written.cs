using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>Rows of outbox and saga are, apart from ids and times, those that NServiceBus wrote.</summary>
public class When_rows_are_written
{
    private Normal _samples = null!;
    private Normal _here = null!;

    [OneTimeSetUp]
    public void LearnRoles()
    {
        _samples = Learn(new Normal(new Dictionary<string, string>()), Samples.OutboxChanges());
        _here = Learn(new Normal(SmokeSystem.Names.InSamples), SmokeSystem.OutboxChanges);
    }

    [TestCase("session", "INSERT")]
    [TestCase("session", "UPDATE")]
    [TestCase("PlaceOrder", "INSERT")]
    [TestCase("PlaceOrder", "UPDATE")]
    [TestCase("OrderAccepted", "INSERT")]
    [TestCase("OrderAccepted", "UPDATE")]
    [TestCase("OrderBilled", "INSERT")]
    [TestCase("OrderBilled", "UPDATE")]
    public void Should_write_the_record_of(string message, string change) =>
        Assert.That(
            Record(_here, SmokeSystem.OutboxChanges, message, change),
            Is.EqualTo(Record(_samples, Samples.OutboxChanges(), message, change)));

    [Test]
    public async Task Should_write_the_saga()
    {
        var row = JsonNode.Parse((await SmokeSystem.Sales.Query<string>(
            $"select to_jsonb(t)::text from \"{SmokeSystem.Names.SagaTable}\" t where \"Correlation_OrderId\" = @OrderId",
            new { SmokeSystem.OrderId }))!)!.AsObject();
        var sample = Samples.SagaRows()[0];

        Assert.That(row.Select(column => column.Key), Is.EquivalentTo(sample.Keys));
        Assert.That(Ids(row["Metadata"]!.GetValue<string>()), Is.EqualTo(Ids(sample["Metadata"])), "character by character");
        Assert.That(Ids(_here.Json(row["Data"])), Is.EqualTo(Ids(_samples.Text(sample["Data"]))));
        Assert.That($"{row["Concurrency"]}", Is.EqualTo(sample["Concurrency"]));
        Assert.That($"{row["SagaTypeVersion"]}", Is.EqualTo(sample["SagaTypeVersion"]));
        Assert.That(_here.Text($"{row["PersistenceVersion"]}"), Is.EqualTo(_samples.Text(sample["PersistenceVersion"])));
        Assert.That($"{row["Correlation_OrderId"]}", Is.EqualTo($"{SmokeSystem.OrderId}"));
    }

    /// <summary>Only the shape of ids counts where the message that they belong to is not on record.</summary>
    private static string Ids(string text) => System.Text.RegularExpressions.Regex
        .Replace(
            text.Replace(SmokeSystem.Names.Sales, "Smoke.Sales", StringComparison.Ordinal),
            "<order of PlaceOrder>|<some id>|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "<id>");

    private static string Record(
        Normal normal,
        IReadOnlyList<(string Change, JsonObject Row)> changes,
        string message,
        string change) => normal.Json(
        changes.First(candidate => candidate.Change == change && normal.Text($"{candidate.Row["MessageId"]}") == $"<{message}>").Row);

    private static Normal Learn(Normal normal, IReadOnlyList<(string Change, JsonObject Row)> changes)
    {
        var operations =
            from change in changes
            from operation in change.Row["Operations"]!.AsArray()
            select new WireMessage(
                "",
                "",
                new Dictionary<string, string>(),
                operation!["Headers"]!.AsObject().ToDictionary(header => header.Key, header => header.Value!.GetValue<string>()),
                Convert.FromBase64String($"{operation["Body"]}"));
        normal.Learn(operations);
        var session = changes.First(change => change.Row["Operations"]!.AsArray() is [{ } only]
            && normal.Text($"{only["MessageId"]}") == "<PlaceOrder>" && $"{only["Headers"]![Headers.ProcessingEndpoint]}".Length == 0);
        normal.Learn($"{session.Row["MessageId"]}", "session");
        return normal;
    }
}
