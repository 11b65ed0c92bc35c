using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>
/// The listener hears the whole process, and messages carry trace headers wherever one listens; so nothing else runs meanwhile.
/// </summary>
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class When_a_trace_is_under_way : IDisposable
{
    private readonly Seen<Activity> _spans = new();
    private readonly Seen<Activity?> _inHandler = new();
    private readonly ActivitySource _source = new("test");
    private readonly ActivityListener _listener;
    private TestEndpoint _endpoint = null!;

    public When_a_trace_is_under_way()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "NServiceBus.Core" or "test",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [SetUp]
    public async Task Start() => _endpoint = await TestEndpoint.Start(
        configuration =>
        {
            configuration.AddHandler<Runner>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        },
        services => services.AddSingleton(_inHandler));

    [TearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    public void Dispose()
    {
        _source.Dispose();
        _listener.Dispose();
    }

    [Test]
    public async Task Should_go_on_through_a_command_into_its_handler_and_the_event()
    {
        await using var events = await Tap.On<EventLapRun>();
        using var request = _source.StartActivity("POST /laps")!;

        await _endpoint.Session.SendLocal(new RunLap());

        Assert.That((await _inHandler.Next())?.TraceId, Is.EqualTo(request.TraceId));
        var run = await events.Next();
        Assert.That(run.Headers[Headers.DiagnosticsTraceParent], Does.StartWith($"00-{request.TraceId}-"));
        Assert.That(run.Headers[Headers.StartNewTrace], Is.EqualTo("True"));
    }

    [Test]
    public async Task Should_pass_on_its_state_and_baggage()
    {
        await using var events = await Tap.On<EventLapRun>();
        using var request = _source.StartActivity("POST /laps")!;
        request.TraceStateString = "shop=1";
        request.AddBaggage("second", "to none");
        request.AddBaggage("first", "prize");

        await _endpoint.Session.SendLocal(new RunLap());

        var inHandler = await _inHandler.Next();
        Assert.That(inHandler?.TraceStateString, Is.EqualTo("shop=1"));
        Assert.That(inHandler?.Baggage, Is.EqualTo(request.Baggage));
        var run = await events.Next();
        Assert.That(run.Headers[Headers.DiagnosticsTraceState], Is.EqualTo("shop=1"));
        Assert.That(run.Headers[Headers.DiagnosticsBaggage], Is.EqualTo("first=prize,second=to%20none"));
    }

    [Test]
    public async Task Should_be_told_in_spans_from_the_request_to_each_subscriber()
    {
        using var request = _source.StartActivity("POST /laps")!;
        await _endpoint.Session.SendLocal(new RunLap());
        var heard = await Span(span => span.Kind == ActivityKind.Consumer && span.Links.Any());

        var send = await Span(span => span.OperationName == "NServiceBus.Diagnostics.SendMessage");
        var process = await Span(span => span.ParentSpanId == send.SpanId);
        var handle = await Span(span => span.ParentSpanId == process.SpanId);
        var publish = await Span(span => span.ParentSpanId == handle.SpanId);
        Assert.That(send.ParentSpanId, Is.EqualTo(request.SpanId));
        Assert.That(new[] { send, process, handle, publish, heard }.Select(
            span => $"{span.Kind}: {span.DisplayName}, {span.Source.Version}"), Is.EqualTo(new[]
        {
            "Producer: send message, 0.1.0", "Consumer: process message, 0.1.0", "Internal: Runner, 0.1.0",
            "Producer: publish event, 0.1.0",
            "Consumer: process message, 0.1.0",
        }));
        Assert.That(process.OperationName, Is.EqualTo("NServiceBus.Diagnostics.ReceiveMessage"));
        Assert.That(handle.OperationName, Is.EqualTo("NServiceBus.Diagnostics.InvokeHandler"));
        Assert.That(publish.OperationName, Is.EqualTo("NServiceBus.Diagnostics.PublishMessage"));
        Assert.That(heard.TraceId, Is.Not.EqualTo(request.TraceId), "an event begins a new trace");
        Assert.That(heard.Links.Single().Context.SpanId, Is.EqualTo(publish.SpanId));
        Assert.That(process.Status, Is.EqualTo(ActivityStatusCode.Ok));
        Assert.That(process.GetTagItem("nservicebus.native_message_id"), Is.EqualTo(send.GetTagItem("nservicebus.message_id")));
        Assert.That(process.GetTagItem("nservicebus.message_intent"), Is.EqualTo("Send"));
        Assert.That(publish.GetTagItem("nservicebus.enclosed_message_types"), Is.EqualTo(typeof(EventLapRun).AssemblyQualifiedName));
        Assert.That(handle.GetTagItem("nservicebus.handler.handler_type"), Is.EqualTo(typeof(Runner).FullName));
        Assert.That(process.Events.Select(entry => entry.Name), Is.EqualTo(new[] { "Start dispatching", "Finished dispatching" }));
        Assert.That(process.Events.First().Tags.Single(), Is.EqualTo(new KeyValuePair<string, object?>("message-count", 1)));
        Assert.That(heard.Events, Is.Empty, "nothing was sent");
    }

    [Test]
    public async Task Should_go_on_with_each_subscriber_where_the_endpoint_says_so_of_all_it_sends()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Runner>();
                configuration.AddHeaderToAllOutgoingMessages(Headers.StartNewTrace, bool.FalseString);
            },
            services => services.AddSingleton(_inHandler));
        using var request = _source.StartActivity("POST /laps")!;
        await endpoint.Session.SendLocal(new RunLap());
        var publish = await Span(span => span.OperationName == "NServiceBus.Diagnostics.PublishMessage");
        var heard = await Span(span => span.ParentSpanId == publish.SpanId);

        Assert.That(heard.TraceId, Is.EqualTo(request.TraceId));
        Assert.That(heard.Links, Is.Empty);
    }

    [Test]
    public async Task Should_say_in_its_spans_what_failed_and_begin_another_when_that_is_returned()
    {
        await Broker.Send(_endpoint.Name, new RunLap(Falls: true), headers: new Dictionary<string, string>
        {
            [Headers.DiagnosticsTraceParent] = "00-f35fd01c89199085f2b511fcbef84491-856ba8d5d9e8b539-01",
            [Headers.StartNewTrace] = "False",
        });
        var failed = await _endpoint.NextFailed();
        Assert.That(failed.Headers[Headers.StartNewTrace], Is.EqualTo("True"));

        foreach (var span in new[] { await Span(
            span => span.Kind == ActivityKind.Consumer), await Span(span => span.DisplayName == "Runner") })
        {
            Assert.That((span.Status, span.StatusDescription), Is.EqualTo((ActivityStatusCode.Error, "The shoe was open.")));
            Assert.That(span.GetTagItem("otel.status_code"), Is.EqualTo("ERROR"));
            Assert.That(span.GetTagItem("otel.status_description"), Is.EqualTo("The shoe was open."));
            var failure = span.Events.Single();
            Assert.That(failure.Name, Is.EqualTo("exception"));
            Assert.That(
                failure.Tags.Select(tag => tag.Key),
                Is.EquivalentTo(new[] { "exception.escaped", "exception.message", "exception.stacktrace", "exception.type" }));
        }
    }

    [Test]
    public async Task Should_say_that_a_copy_was_processed_before()
    {
        await Broker.Send(_endpoint.Name, new RunLap(), "lap");
        await Eventually.Is(async () => await _endpoint.Count("\"MessageId\" = 'lap' and \"Dispatched\"") == 1, "processed");
        await Broker.Send(_endpoint.Name, new RunLap(), "lap");
        var copy = await Span(span => span.GetTagItem("nservicebus.outbox.deduplicate-message") is true);

        Assert.That(copy.GetTagItem("nservicebus.message_id"), Is.EqualTo("lap"));
        Assert.That(_inHandler.Count, Is.EqualTo(1));
    }

    private Task<Activity> Span(Func<Activity, bool> isWanted) =>
        Eventually.Get(() => Task.FromResult(_spans.All.FirstOrDefault(isWanted)), span => span is not null, "the span")!;

    internal sealed record RunLap(bool Falls = false);

    internal sealed record EventLapRun;

    internal sealed class Runner(Seen<Activity?> inHandler) : IHandleMessages<RunLap>, IHandleMessages<EventLapRun>
    {
        public Task Handle(RunLap message, IMessageHandlerContext context)
        {
            inHandler.Add(Activity.Current);
            return message.Falls ? throw new InvalidOperationException("The shoe was open.") : context.Publish(new EventLapRun());
        }

        public Task Handle(EventLapRun message, IMessageHandlerContext context) => Task.CompletedTask;
    }
}
