using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>What ServiceControl is told is, apart from ids, times and measured values, what NServiceBus' plug-ins told it.</summary>
public class When_monitoring_is_reported
{
    private const string SagaUpdated = "SagaUpdatedMessage";

    private static readonly IReadOnlyList<WireMessage> ServiceControl = Samples.Messages("servicecontrol-at-start.txt");
    private static readonly IReadOnlyList<WireMessage> Monitoring = Samples.Messages("monitoring.txt");
    private static readonly IReadOnlyList<WireMessage> Audit = Samples.Messages("audit.txt");

    private Normal _samples = null!;
    private Normal _here = null!;

    [OneTimeSetUp]
    public void LearnRoles()
    {
        _samples = new Normal(new Dictionary<string, string>())
            .Learn([.. Samples.Messages("input-sales.txt"), .. Samples.Messages("input-billing.txt")]);
        _here = new Normal(SmokeSystem.Names.InSamples)
            .Learn([.. SmokeSystem.Arrived["Smoke.Sales"], .. SmokeSystem.Arrived["Smoke.Billing"]]);
    }

    [TestCase("RegisterEndpointStartup")]
    [TestCase("EndpointHeartbeat")]
    [TestCase("ReportCustomCheckResult")]
    public void Should_tell_service_control(string type) =>
        AssertSame(ServiceControl, SmokeSystem.Arrived["Particular.ServiceControl"], message => message.Type == type);

    [Test]
    public void Should_report_where_the_queue_is() =>
        AssertSame(Monitoring, SmokeSystem.Arrived["Particular.Monitoring"], message => message.Type == "EndpointMetadataReport");

    [TestCase("ProcessingTime")]
    [TestCase("CriticalTime")]
    [TestCase("Retries")]
    public void Should_report_measured_values(string metric)
    {
        var here = SmokeSystem.Arrived["Particular.Monitoring"];
        AssertSame(
            [.. Monitoring.Select(message => message with { Body = [] })],
            [.. here.Select(message => message with { Body = [] })],
            message => message.Headers.GetValueOrDefault("NServiceBus.Metric.Type") == metric);
        Assert.That(
            Metrics.TagsOf(here, metric).Select(_here.Text).Order(),
            Is.EqualTo(Metrics.TagsOf(Monitoring, metric).Select(_samples.Text).Order()));
        Assert.That(Metrics.Of(here, metric).Select(value => value.Value), Has.All.InRange(0, TimeSpan.FromMinutes(1).TotalMilliseconds));
    }

    [Test]
    public void Should_report_each_retry_once() =>
        Assert.That(
            Metrics.Of(SmokeSystem.Arrived["Particular.Monitoring"], "Retries").Select(value => value.Value),
            Is.EqualTo(new long[] { 1, 1, 1, 1, 1 }));

    [TestCase("Smoke.Contracts.Events.OrderAccepted")]
    [TestCase("Smoke.Contracts.Messages.BillOrderReply")]
    [TestCase("Smoke.Contracts.Events.OrderBilled")]
    [TestCase("BillingTimeout")]
    public void Should_report_what_the_saga_made_of(string type) =>
        AssertSame(Audit, SmokeSystem.Arrived["audit"], message => message.Type == SagaUpdated && Initiator(message) == type);

    [Test]
    public void Should_prove_at_start_that_the_queue_of_the_saga_audit_is_there() => AssertSame(
        Samples.Messages("audit-at-start.txt"),
        SmokeSystem.Arrived["audit"],
        message => message.Headers.ContainsKey(Headers.ControlMessageHeader));

    private static string Initiator(WireMessage update) => $"{JsonNode.Parse(update.Body)!["Initiator"]!["MessageType"]}";

    private void AssertSame(IReadOnlyList<WireMessage> sampled, IReadOnlyList<WireMessage> here, Func<WireMessage, bool> chosen) =>
        Assert.That(_here.Message(here.First(chosen)), Is.EqualTo(_samples.Message(sampled.First(chosen))));
}
