using System.Diagnostics.Metrics;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>Instruments and tags, by the names that dashboards for NServiceBus ask for.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_processing_is_measured
{
    private readonly Seen<Measured> _all = new();

    [Test]
    public async Task Should_count_and_time_what_becomes_of_messages()
    {
        var name = TestEndpoint.UniqueName();
        using var listener = Listen(tags => tags.Contains(new("nservicebus.queue", name)));
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Weaver>();
                configuration.Recoverability()
                    .Immediate(retries => retries.NumberOfRetries(1))
                    .Delayed(retries => retries.NumberOfRetries(1).TimeIncrease(TimeSpan.FromSeconds(1)));
            },
            name: name);
        var sent = new Dictionary<string, string> { [Headers.TimeSent] = "2026-11-22 06:00:40:000000 Z" };
        await Broker.Send(name, new WeaveCloth("linen"), "good", sent);
        await Eventually.Is(() => Values("nservicebus.messaging.successes").Count == 1, "one is processed");
        await Broker.Send(name, new WeaveCloth("linen"), "good", sent);
        await Eventually.Is(async () => await Broker.Depth(name) == 0, "the copy is taken");
        await Broker.Send(name, new WeaveCloth("moths"), "bad", sent);
        await endpoint.NextFailed();
        await Broker.Send(name, new WeaveCloth("late"), "timed out", sent);
        await endpoint.NextFailed();
        await endpoint.Stop();

        Assert.That(
            _all.All.Select(measured => measured.Meter).Distinct(), Is.EqualTo(new[] { "NServiceBus.Core.Pipeline.Incoming 0.2.0" }));
        Assert.That(_all.All.GroupBy(measured => measured.Instrument).Select(group => (group.Key, group.Count())), Is.EquivalentTo(new[]
        {
            ("nservicebus.messaging.fetches", 10),
            ("nservicebus.messaging.successes", 1),
            ("nservicebus.messaging.failures", 8),
            ("nservicebus.messaging.handler_time s", 9),
            ("nservicebus.messaging.processing_time s", 1),
            ("nservicebus.messaging.critical_time s", 1),
            ("nservicebus.recoverability.immediate", 4),
            ("nservicebus.recoverability.delayed", 2),
            ("nservicebus.recoverability.error", 2),
        }));
        string Tagged(params string[] tags) => string.Join(", ", tags
            .Concat([$"nservicebus.queue={name}", "nservicebus.discriminator=", $"nservicebus.message_type={typeof(WeaveCloth).FullName}"])
            .Order(StringComparer.Ordinal));
        var handler = $"nservicebus.message_handler_type={typeof(Weaver).FullName}";
        var handlers = $"nservicebus.message_handler_types={typeof(Weaver).FullName}";
        const string Error = "error.type=System.InvalidOperationException";
        Assert.That(Tags("nservicebus.messaging.fetches"), Is.EqualTo(Tagged()));
        Assert.That(Tags("nservicebus.messaging.successes"), Is.EqualTo(Tagged("execution.result=success", handlers)));
        Assert.That(Tags("nservicebus.messaging.failures"), Is.EqualTo(Tagged("execution.result=failure", Error, handlers)));
        Assert.That(Tags("nservicebus.messaging.handler_time s"), Is.EqualTo(Tagged("execution.result=success", handler)));
        Assert.That(Tags("nservicebus.recoverability.error"), Is.EqualTo(Tagged(Error, handler)));
        Assert.That(Values("nservicebus.messaging.critical_time s").Single(), Is.GreaterThan(TimeSpan.FromHours(1).TotalSeconds));
    }

    [Test]
    public async Task Should_time_commit_and_dispatch_of_a_session()
    {
        var name = TestEndpoint.UniqueName();
        using var listener = Listen(tags => tags.Contains(new("nservicebus.endpoint", name)));
        await using var endpoint = await TestEndpoint.Start(_ => { }, name: name);
        await using (endpoint.NewRequest(out var session))
        {
            await session.Open(new SqlPersistenceOpenSessionOptions());
            await session.Publish(new EventClothWoven());
            await session.Commit();
        }

        await endpoint.Stop();
        Assert.That(_all.All.Select(measured => $"{measured.Meter} {measured.Instrument}: {measured.Tags}"), Is.EquivalentTo(new[]
        {
            "NServiceBus.TransactionalSession 0.2.0 nservicebus.transactional_session.commit.duration s: "
                + $"nservicebus.endpoint={name}, nservicebus.transactional_session.commit.outcome=success, "
                + "nservicebus.transactional_session.mode=outbox",
            $"NServiceBus.TransactionalSession 0.2.0 nservicebus.transactional_session.dispatch.duration s: nservicebus.endpoint={name}",
        }));
    }

    /// <summary>Other endpoints of this process are measured too.</summary>
    private MeterListener Listen(Func<IReadOnlyList<KeyValuePair<string, object?>>, bool> isOfTest)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith("NServiceBus.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags.ToArray()));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags.ToArray()));
        listener.Start();
        return listener;

        void Keep(Instrument instrument, double value, KeyValuePair<string, object?>[] tags)
        {
            if (isOfTest(tags))
            {
                _all.Add(new Measured(
                    $"{instrument.Meter.Name} {instrument.Meter.Version}",
                    $"{instrument.Name} {instrument.Unit}".TrimEnd(),
                    value,
                    string.Join(", ", tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"))));
            }
        }
    }

    private List<double> Values(string instrument) =>
        [.. _all.All.Where(measured => measured.Instrument == instrument).Select(measured => measured.Value)];

    private string Tags(string instrument) => _all.All.First(measured => measured.Instrument == instrument).Tags;

    internal sealed record Measured(string Meter, string Instrument, double Value, string Tags);

    internal sealed record WeaveCloth(string Of);

    internal sealed record EventClothWoven;

    internal sealed class Weaver : IHandleMessages<WeaveCloth>
    {
        public Task Handle(WeaveCloth message, IMessageHandlerContext context) => message.Of switch
        {
            "moths" => throw new InvalidOperationException("Eaten."),
            "late" => throw new TaskCanceledException("The thread did not come in time."),
            _ => Task.CompletedTask,
        };
    }
}
