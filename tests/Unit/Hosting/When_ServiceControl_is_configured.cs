using Microsoft.Extensions.Configuration;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Tests.Unit.Hosting;

public class When_ServiceControl_is_configured
{
    /// <summary>ServicePulse draws the last minute from sixty reports.</summary>
    [Test]
    public void Should_report_metrics_every_second_unless_told_otherwise() => Assert.That(
        ServiceControl.From(new ConfigurationBuilder().Build()).MetricsEvery, Is.EqualTo(TimeSpan.FromSeconds(1)));

    [Test]
    public void Should_let_one_endpoint_report_failed_messages() => Assert.That(
        ServiceControl.From(new ConfigurationBuilder().Build()).ErrorQueueReporter, Is.EqualTo("Orders"));
}
