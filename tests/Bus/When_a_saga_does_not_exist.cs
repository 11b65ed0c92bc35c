using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_a_saga_does_not_exist
{
    private readonly Seen<string> _seen = new();
    private TestEndpoint _endpoint = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddSaga<BeehivePolicy>();
                configuration.AddSaga<OrchardPolicy>();
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(_seen));
    }

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_run_the_handler_that_this_saga_names_in_the_transaction_of_the_message()
    {
        await using var lost = await Tap.On<EventSwarmLost>();
        await Handle(new SwarmSeen("a"));

        Assert.That((await lost.Next()).Body, Is.EqualTo("""{"Beehive":"a"}"""));
        Assert.That(_seen.All.Where(seen => seen.EndsWith(" a", StringComparison.Ordinal)), Is.EqualTo(new[] { "not found a" }), "the orchard has none");
    }

    [Test]
    public async Task Should_send_nothing_when_that_handler_fails_and_treat_the_message_as_failed()
    {
        await using var lost = await Tap.On<EventSwarmLost>();
        await Broker.Send(_endpoint.Name, new SwarmSeen("fails"), "fails");
        var failed = await _endpoint.NextFailed();

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Is.EqualTo("It stung."));
        Assert.That(await _endpoint.Count("\"MessageId\" = 'fails'"), Is.Zero);
        Assert.That(lost.Count, Is.Zero);
    }

    [Test]
    public async Task Should_not_run_it_for_a_message_that_starts_or_finds_the_saga()
    {
        await Handle(new BeehiveBuilt("b"));
        await Handle(new SwarmSeen("b"));

        Assert.That(_seen.All.Where(seen => seen.EndsWith(" b", StringComparison.Ordinal)), Is.EqualTo(new[] { "built b", "swarm b" }));
    }

    [Test]
    public async Task Should_ignore_a_timeout()
    {
        await Handle(new SwarmSeen("c"), new Dictionary<string, string>
        {
            [Headers.SagaId] = Guid.NewGuid().ToString(),
            [Headers.SagaType] = typeof(BeehivePolicy).AssemblyQualifiedName!,
            [Headers.IsSagaTimeoutMessage] = bool.TrueString,
        });

        Assert.That(_seen.All.Where(seen => seen.EndsWith(" c", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Should_find_a_saga_by_a_header_and_say_which_header_is_missing()
    {
        await Handle(new BeehiveBuilt("d"));
        await Handle(new HoneyTaken(), new Dictionary<string, string> { ["Beehive"] = "d" });
        await Broker.Send(_endpoint.Name, new HoneyTaken());
        var failed = await _endpoint.NextFailed();

        Assert.That(_seen.All, Does.Contain("honey d"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain("header Beehive"));
    }

    private async Task Handle<T>(T message, Dictionary<string, string>? headers = null)
    {
        var id = Guid.NewGuid().ToString();
        await Broker.Send(_endpoint.Name, message, id, headers);
        await Eventually.Is(async () => await _endpoint.Count($"\"MessageId\" = '{id}'") == 1, "handled");
    }

    internal sealed record BeehiveBuilt(string Beehive);

    internal sealed record SwarmSeen(string Beehive);

    internal sealed record HoneyTaken;

    internal sealed record EventSwarmLost(string Beehive);

    internal sealed class BeehiveData : ContainSagaData
    {
        public string Beehive { get; set; } = "";
    }

    internal sealed class OrchardData : ContainSagaData
    {
        public string Beehive { get; set; } = "";
    }

    internal sealed class BeehivePolicy(Seen<string> seen) :
        Saga<BeehiveData>, IAmStartedByMessages<BeehiveBuilt>, IHandleMessages<SwarmSeen>, IHandleMessages<HoneyTaken>, IHandleTimeouts<SwarmSeen>
    {
        public Task Handle(BeehiveBuilt message, IMessageHandlerContext context) => See("built");

        public Task Handle(SwarmSeen message, IMessageHandlerContext context) => See("swarm");

        public Task Handle(HoneyTaken message, IMessageHandlerContext context) => See("honey");

        public Task Timeout(SwarmSeen state, IMessageHandlerContext context) => See("timeout");

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<BeehiveData> mapper)
        {
            mapper.ConfigureNotFoundHandler<NoBeehive>();
            mapper.MapSaga(saga => saga.Beehive)
                .ToMessage<BeehiveBuilt>(message => message.Beehive)
                .ToMessage<SwarmSeen>(message => message.Beehive)
                .ToMessageHeader<HoneyTaken>("Beehive");
        }

        private Task See(string what)
        {
            seen.Add($"{what} {Data.Beehive}");
            return Task.CompletedTask;
        }
    }

    internal sealed class OrchardPolicy : Saga<OrchardData>, IAmStartedByMessages<BeehiveBuilt>, IHandleMessages<SwarmSeen>
    {
        public Task Handle(BeehiveBuilt message, IMessageHandlerContext context) => Task.CompletedTask;

        public Task Handle(SwarmSeen message, IMessageHandlerContext context) => Task.CompletedTask;

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<OrchardData> mapper) =>
            mapper.MapSaga(saga => saga.Beehive).ToMessage<BeehiveBuilt>(message => message.Beehive).ToMessage<SwarmSeen>(message => message.Beehive);
    }

    internal sealed class NoBeehive(Seen<string> seen) : ISagaNotFoundHandler
    {
        public async Task Handle(object message, IMessageProcessingContext context)
        {
            var beehive = ((SwarmSeen)message).Beehive;
            await context.Publish(new EventSwarmLost(beehive));
            if (beehive == "fails")
            {
                throw new InvalidOperationException("It stung.");
            }

            seen.Add($"not found {beehive}");
        }
    }
}
