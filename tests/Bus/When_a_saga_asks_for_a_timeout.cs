using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_saga_asks_for_a_timeout
{
    private readonly Seen<string> _seen = new();
    private TestEndpoint _endpoint = null!;
    private Tap _queue = null!;

    [SetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration => configuration.AddSaga<EggPolicy>(),
            services => services.AddSingleton(_seen));
        _queue = await Tap.On(_endpoint.Name);
    }

    [TearDown]
    public async Task Stop()
    {
        await _queue.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    [Test]
    public async Task Should_be_called_back_not_before_the_time()
    {
        await Broker.Send(_endpoint.Name, new BoilEgg("soft", 2));
        Assert.That(await _seen.Next(), Is.EqualTo("boil"));
        var asked = TimeProvider.System.GetTimestamp();
        Assert.That(await _seen.Next(), Is.EqualTo("done after 2"));

        Assert.That(TimeProvider.System.GetElapsedTime(asked), Is.GreaterThan(TimeSpan.FromSeconds(1.9)));
    }

    [Test]
    public async Task Should_send_a_message_with_the_headers_of_a_timeout_through_the_delay_queues()
    {
        await Broker.Send(_endpoint.Name, new BoilEgg("soft", 2), "boil soft");
        var timeout = await TimeoutOnTheWire();

        var sagaId = await _endpoint.Query<Guid>($"select \"Id\" from \"{_endpoint.Name}_EggPolicy\"");
        Assert.That(
            Wire.Names(timeout),
            Is.EquivalentTo(Wire.HeadersFromHandler.Concat(
            [
                Headers.DeliverAt, Headers.IsSagaTimeoutMessage, Headers.OriginatingSagaId, Headers.OriginatingSagaType,
                Headers.SagaId, Headers.SagaType, "NServiceBus.Transport.RabbitMQ.DelayInSeconds",
            ])));
        Assert.That(timeout.Headers[Headers.IsSagaTimeoutMessage], Is.EqualTo("True"));
        Assert.That(timeout.Headers[Headers.MessageIntent], Is.EqualTo("Send"));
        Assert.That(timeout.Headers[Headers.SagaId], Is.EqualTo($"{sagaId}"));
        Assert.That(timeout.Headers[Headers.OriginatingSagaId], Is.EqualTo($"{sagaId}"));
        Assert.That(timeout.Headers[Headers.SagaType], Is.EqualTo(typeof(EggPolicy).AssemblyQualifiedName));
        Assert.That(timeout.Headers[Headers.OriginatingSagaType], Is.EqualTo(typeof(EggPolicy).AssemblyQualifiedName));
        Assert.That(timeout.Headers[Headers.RelatedTo], Is.EqualTo("boil soft"));
        Assert.That(
            Wire.Time(timeout.Headers[Headers.DeliverAt]) - Wire.Time(timeout.Headers[Headers.TimeSent]),
            Is.EqualTo(TimeSpan.FromSeconds(2)).Within(TimeSpan.FromMilliseconds(50)));
        Assert.That(timeout.Headers["NServiceBus.Transport.RabbitMQ.DelayInSeconds"], Is.EqualTo("2"));
        Assert.That(timeout.RoutingKey, Is.EqualTo($"{string.Concat(Enumerable.Repeat("0.", 26))}1.0.{_endpoint.Name}"));
    }

    [Test]
    public async Task Should_ignore_the_timeout_of_a_saga_that_is_gone()
    {
        await Broker.Send(_endpoint.Name, new BoilEgg("dropped", 2));
        Assert.That(await _seen.Next(), Is.EqualTo("boil"));
        await Broker.Send(_endpoint.Name, new DropEgg("dropped"));
        Assert.That(await _seen.Next(), Is.EqualTo("drop"));
        var timeout = await TimeoutOnTheWire();

        await Eventually.Is(
            async () => await _endpoint.Count($"\"MessageId\" = '{timeout.Headers[Headers.MessageId]}' and \"Dispatched\"") == 1,
            "the timeout counts as processed");
        Assert.That(_seen.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task Should_be_called_back_at_once_for_a_date_in_the_past()
    {
        await Broker.Send(_endpoint.Name, new BoilEgg("yesterday", -86_400));

        Assert.That(await _seen.Next(), Is.EqualTo("boil"));
        Assert.That(await _seen.Next(), Is.EqualTo("done after -86400"));
    }

    [Test]
    public async Task Should_tell_a_timeout_from_a_message_of_the_same_type_by_the_presence_of_a_header()
    {
        await Broker.Send(_endpoint.Name, new BoilEgg("soft", 86_400));
        Assert.That(await _seen.Next(), Is.EqualTo("boil"));
        var sagaId = await Eventually.Get(
            () => _endpoint.Query<Guid>($"select \"Id\" from \"{_endpoint.Name}_EggPolicy\""), id => id != Guid.Empty, "a saga");
        var headers = new Dictionary<string, string>
        {
            [Headers.SagaId] = $"{sagaId}",
            [Headers.SagaType] = typeof(EggPolicy).AssemblyQualifiedName!,
        };
        await Broker.Send(_endpoint.Name, new EggDone(1), headers: headers);
        Assert.That(await _seen.Next(), Is.EqualTo("told that it is done"));
        headers[Headers.IsSagaTimeoutMessage] = bool.FalseString;
        await Broker.Send(_endpoint.Name, new EggDone(1), "timeout", headers);
        Assert.That(await _seen.Next(), Is.EqualTo("done after 1"));

        await Eventually.Is(async () => await _endpoint.Count("\"MessageId\" = 'timeout'") == 1, "handled");
        Assert.That(_seen.Count, Is.EqualTo(3));
    }

    private async Task<Delivery> TimeoutOnTheWire()
    {
        while (true)
        {
            var delivery = await _queue.Next();
            if (delivery.Headers.ContainsKey(Headers.IsSagaTimeoutMessage))
            {
                return delivery;
            }
        }
    }

    internal sealed record BoilEgg(string EggId, int Seconds);

    internal sealed record DropEgg(string EggId);

    internal sealed record EggDone(int Seconds);

    internal sealed class EggData : ContainSagaData
    {
        public string EggId { get; set; } = "";
    }

    internal sealed class EggPolicy(Seen<string> seen) :
        Saga<EggData>, IAmStartedByMessages<BoilEgg>, IHandleMessages<DropEgg>, IHandleMessages<EggDone>, IHandleTimeouts<EggDone>
    {
        public Task Handle(BoilEgg message, IMessageHandlerContext context)
        {
            seen.Add("boil");
            var delay = TimeSpan.FromSeconds(message.Seconds);
            return delay > TimeSpan.Zero
                ? RequestTimeout(context, delay, new EggDone(message.Seconds))
                : RequestTimeout(context, TimeProvider.System.GetUtcNow() + delay, new EggDone(message.Seconds));
        }

        public Task Handle(DropEgg message, IMessageHandlerContext context)
        {
            seen.Add("drop");
            MarkAsComplete();
            return Task.CompletedTask;
        }

        public Task Handle(EggDone message, IMessageHandlerContext context)
        {
            seen.Add("told that it is done");
            return Task.CompletedTask;
        }

        public Task Timeout(EggDone state, IMessageHandlerContext context)
        {
            seen.Add(string.Create(CultureInfo.InvariantCulture, $"done after {state.Seconds}"));
            return Task.CompletedTask;
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<EggData> mapper) =>
            mapper.MapSaga(saga => saga.EggId)
                .ToMessage<BoilEgg>(message => message.EggId)
                .ToMessage<DropEgg>(message => message.EggId);
    }
}
