using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenTelemetry.Trace;
using ShopSaga.Hosting.Telemetry;

namespace ShopSaga.Tests.Unit.Hosting;

internal sealed class When_telemetry_is_collected
{
    [Test]
    public async Task Should_show_metrics_to_Prometheus_with_boundaries_in_seconds()
    {
        await using var host = await HttpHost.Start();
        using var meter = new Meter("ShopSaga.Test");
        meter.CreateHistogram<double>("shopsaga.test.duration", "s").Record(0.02);
        meter.CreateCounter<long>("shopsaga.test.messages").Add(3);

        var text = await host.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(text, Does.Match(@"shopsaga_test_duration_seconds_bucket\{.*le=""0\.01""\} 0\b"));
            Assert.That(text, Does.Match(@"shopsaga_test_duration_seconds_bucket\{.*le=""0\.025""\} 1\b"));
            Assert.That(text, Does.Match(@"shopsaga_test_messages_total(\{.*\})? 3\b"));
            Assert.That(text, Does.Contain("dotnet_gc_collections_total"));
        }
    }

    [TestCase(ActivityKind.Client, SamplingDecision.Drop, TestName = "Should_drop_statements_and_requests_of_pollers")]
    [TestCase(ActivityKind.Server, SamplingDecision.RecordAndSample, TestName = "Should_keep_requests")]
    [TestCase(ActivityKind.Consumer, SamplingDecision.RecordAndSample, TestName = "Should_keep_messages")]
    [TestCase(ActivityKind.Producer, SamplingDecision.RecordAndSample, TestName = "Should_keep_events_without_a_request")]
    public void Should_sample_roots(ActivityKind kind, SamplingDecision decision)
    {
        var root = new SamplingParameters(default, ActivityTraceId.CreateRandom(), "any", kind);
        Assert.That(new PollingSampler().ShouldSample(root).Decision, Is.EqualTo(decision));
    }

    [Test]
    public void Should_keep_statements_of_requests_and_messages()
    {
        var parent = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var statement = new SamplingParameters(parent, parent.TraceId, "SELECT", ActivityKind.Client);
        Assert.That(
            new ParentBasedSampler(new PollingSampler()).ShouldSample(statement).Decision, Is.EqualTo(SamplingDecision.RecordAndSample));
    }
}
