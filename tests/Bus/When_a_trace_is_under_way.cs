using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>The listener hears the whole process, and messages carry trace headers wherever one listens; so nothing else runs meanwhile.</summary>
[NonParallelizable]
public class When_a_trace_is_under_way
{
    [Test]
    public async Task Should_go_on_through_a_command_into_its_handler_and_the_event()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "NServiceBus.Core" or "test",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var traces = new Seen<string>();
        await using var endpoint = await TestEndpoint.Start(
            configuration => configuration.AddHandler<Runner>(),
            services => services.AddSingleton(traces));
        await using var events = await Tap.On<EventLapRun>();
        using var source = new ActivitySource("test");
        using var request = source.StartActivity("POST /laps")!;

        await endpoint.Session.SendLocal(new RunLap());

        Assert.That(await traces.Next(), Is.EqualTo($"{request.TraceId}"));
        var run = await events.Next();
        Assert.That(run.Headers[Headers.DiagnosticsTraceParent], Does.StartWith($"00-{request.TraceId}-"));
        Assert.That(run.Headers[Headers.StartNewTrace], Is.EqualTo("True"));
    }

    internal sealed record RunLap;

    internal sealed record EventLapRun;

    internal sealed class Runner(Seen<string> traces) : IHandleMessages<RunLap>
    {
        public Task Handle(RunLap message, IMessageHandlerContext context)
        {
            traces.Add($"{Activity.Current?.TraceId}");
            return context.Publish(new EventLapRun());
        }
    }
}
