using Microsoft.Extensions.Configuration;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Tests.Unit.Hosting;

public class When_ServiceControl_is_configured
{
    /// <summary>ServicePulse draws the last minute from sixty reports.</summary>
    [Test]
    public void Should_report_metrics_every_second_unless_told_otherwise() => Assert.That(
        ReportingSettings.From(new ConfigurationBuilder().Build()).MetricsEvery, Is.EqualTo(TimeSpan.FromSeconds(1)));

    [Test]
    public void Should_let_one_endpoint_report_failed_messages() => Assert.That(
        ReportingSettings.From(new ConfigurationBuilder().Build()).ErrorQueueReporter, Is.EqualTo("Orders"));

    [TestCase("HeartbeatEvery", "00:00:00")]
    [TestCase("CheckEvery", "2.00:00:00")]
    [TestCase("OldestOutboxRecord", "soon")]
    [TestCase("MostFailedMessages", "-1")]
    public void Should_say_what_to_set_instead_of_a_wrong_value(string name, string value) => Assert.That(
        () => ReportingSettings.From(
            new ConfigurationBuilder().AddInMemoryCollection([new($"ServiceControl:{name}", value)]).Build()),
        Throws.InvalidOperationException.With.Message.Contains($"Set ServiceControl__{name} to "));
}
