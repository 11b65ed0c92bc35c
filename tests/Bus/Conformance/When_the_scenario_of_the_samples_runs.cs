namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>Every message that this runtime sends is, apart from ids and times, the one that NServiceBus sent.</summary>
public class When_the_scenario_of_the_samples_runs
{
    private static readonly WireMessage[] SampledInputs =
        [.. Samples.Messages("input-sales.txt"), .. Samples.Messages("input-billing.txt")];

    private Normal _samples = null!;
    private Normal _here = null!;

    [OneTimeSetUp]
    public void LearnRoles()
    {
        _samples = new Normal(new Dictionary<string, string>()).Learn(SampledInputs);
        _here = new Normal(SmokeSystem.Names.InSamples)
            .Learn([.. SmokeSystem.Arrived["Smoke.Sales"], .. SmokeSystem.Arrived["Smoke.Billing"]]);
    }

    [TestCase("PlaceOrder")]
    [TestCase("OrderAccepted")]
    [TestCase("BillOrderReply")]
    [TestCase("OrderBilled")]
    [TestCase("BillingTimeout")]
    public void Should_put_into_the_queue_of_sales(string type) => AssertSame(
        "input-sales.txt", "Smoke.Sales", message => message.Type == type);

    [TestCase("OrderAccepted")]
    [TestCase("BillOrder")]
    [TestCase("OrderBilled")]
    public void Should_put_into_the_queue_of_billing(string type) => AssertSame(
        "input-billing.txt", "Smoke.Billing", message => message.Type == type);

    [Test]
    public void Should_send_a_message_that_will_fail() =>
        AssertSame(
            "input-sales.txt",
            "Smoke.Sales",
            message => message.Type == "FailOrder" && !message.Headers.ContainsKey(Headers.DelayedRetries));

    [Test]
    public void Should_send_it_again_for_a_delayed_retry() =>
        AssertSame(
            "input-sales.txt",
            "Smoke.Sales",
            message => message.Type == "FailOrder" && message.Headers.ContainsKey(Headers.DelayedRetries));

    [Test]
    public void Should_move_it_to_the_error_queue() => AssertSame("error.txt", "error", message => message.Type == "FailOrder");

    [TestCase("PlaceOrder", "Sales")]
    [TestCase("OrderAccepted", "Sales")]
    [TestCase("OrderAccepted", "Billing")]
    [TestCase("BillOrder", "Billing")]
    [TestCase("BillOrderReply", "Sales")]
    [TestCase("OrderBilled", "Sales")]
    [TestCase("OrderBilled", "Billing")]
    [TestCase("BillingTimeout", "Sales")]
    public void Should_audit(string type, string endpoint) => AssertSame(
        "audit.txt",
        "audit",
        message => message.Type == type && message.Headers[Headers.ProcessingEndpoint].EndsWith($".{endpoint}", StringComparison.Ordinal));

    private void AssertSame(string file, string queue, Func<WireMessage, bool> chosen) => Assert.That(
        _here.Message(SmokeSystem.Arrived[queue].Single(chosen)), Is.EqualTo(_samples.Message(Samples.Messages(file).Single(chosen))));
}
